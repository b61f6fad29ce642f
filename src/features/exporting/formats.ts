/** The formats of an export. */
export const EXPORT_FORMATS = ["ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const BY_EXTENSION: readonly (readonly [RegExp, ExportFormat])[] = [[/\.(ndjson|jsonl)$/i, "ndjson"]];

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
