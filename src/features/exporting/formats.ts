/** The formats of an export. */
export const EXPORT_FORMATS = ["ndjson", "parquet", "webdataset"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const BY_EXTENSION: readonly (readonly [RegExp, ExportFormat])[] = [
  [/\.(ndjson|jsonl)$/i, "ndjson"],
  [/\.parquet$/i, "parquet"],
  [/\.tar$/i, "webdataset"],
];

/**
 * The format of a file by its extension; null for another extension or none.
 *
 * @example
 * ```ts
 * formatOf("photos.ndjson"); // "ndjson"
 * ```
 */
export const formatOf = (file: string): ExportFormat | null =>
  BY_EXTENSION.find(([extension]) => extension.test(file))?.[1] ?? null;

/**
 * The usual file extension of an image's media type.
 *
 * @example
 * ```ts
 * imageExtension("image/svg+xml"); // "svg"
 * ```
 */
export const imageExtension = (type: string): string => {
  const [, subtype = "bin"] = /^image\/([a-z0-9]+)/.exec(type) ?? [];
  return subtype === "jpeg" ? "jpg" : subtype;
};
