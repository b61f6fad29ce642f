import { extname } from "node:path";
import { z } from "zod";
import { collectionSpec } from "../../api/collections.ts";
import type { AnchorBody } from "../../client/index.ts";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile } from "../files/index.ts";
import { linesOf } from "./text-lines.ts";

/** The longest line: an image of 64 MiB as base64, two vectors, a text and metadata. */
const MAX_LINE = 128 * 1024 * 1024;

/** What an export says about itself, by which an import recognises it. */
export const exportHeader = z.strictObject({
  version: z.literal(1),
  /** Whether anchors have vectors, which only a collection with the same encoders takes. */
  vectors: z.boolean(),
  collection: collectionSpec
    .pick({ imageEncoder: true, textEncoder: true, transform: true, images: true })
    .required({ imageEncoder: true, textEncoder: true }),
});
export type ExportHeader = z.input<typeof exportHeader>;

/** An anchor of an export, as PUT /anchors takes it. */
export interface ExportedAnchor {
  readonly anchor: AnchorBody;
  /** Where it stands, for messages. */
  readonly source: string;
}

/** A file that `anchorage export` wrote. */
export interface ExportedFile {
  readonly path: string;
  readonly header: ExportHeader;
  /** The anchors from the beginning, at each call. @throws AnchorageError `corrupt-file` */
  readonly anchors: () => AsyncGenerator<ExportedAnchor, void>;
}

const headerLine = z.strictObject({ anchorage: exportHeader });

/** The first line of an export as JSON lines. */
export const headerAsLine = (header: ExportHeader): string => JSON.stringify({ anchorage: header });

/**
 * A file that `anchorage export` wrote, recognised by what it holds; null for any other file.
 *
 * @throws AnchorageError `invalid-input` if the file cannot be read
 */
export const openExported = async (path: string): Promise<ExportedFile | null> => {
  const extension = extname(path).toLowerCase();
  return extension === ".ndjson" || extension === ".jsonl" ? openLines(path) : null;
};

const openLines = async (path: string): Promise<ExportedFile | null> => {
  const header = await headerIn(path);
  return header === null ? null : { path, header, anchors: () => anchorsInLines(path) };
};

const headerIn = async (path: string): Promise<ExportHeader | null> => {
  for await (const line of linesOf(path, { longest: MAX_LINE })) {
    if (!line.startsWith('{"anchorage":')) return null;
    return headerOf(path, () => headerLine.parse(JSON.parse(line)).anchorage);
  }
  return null;
};

/** @throws AnchorageError `corrupt-file` where `read` fails */
export const headerOf = (path: string, read: () => ExportHeader): ExportHeader => {
  try {
    return read();
  } catch (error) {
    throw corruptFile(
      path,
      "says that Anchorage exported it, in a way that this version does not know",
      error,
    );
  }
};

async function* anchorsInLines(path: string): AsyncGenerator<ExportedAnchor, void> {
  let number = 0;
  for await (const line of linesOf(path, { longest: MAX_LINE })) {
    number++;
    if (number === 1 || line.trim() === "") continue;
    const source = `${path}:${number}`;
    yield { source, anchor: anchorOf(line, source) };
  }
}

/** An anchor as JSON; the service checks its fields. */
export const anchorOf = (json: string, source: string): AnchorBody => {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as AnchorBody;
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    throw corruptFile(source, `is not JSON: ${messageOf(error)}`, error);
  }
  throw corruptFile(source, "is not a JSON object");
};
