import { unitRows } from "../../retrieval/index.ts";
import type { AnchorId } from "../../types.ts";

/**
 * The bytes that an anchor takes on: in the pages of Postgres (its manual, 66.6, "Database Page Layout"; numbers are
 * little-endian on every machine that the embedded one is made for) and in the files under DATA_DIR/indexes.
 */

/** Longer texts have another head, and may lie elsewhere than in their row. */
const SHORT_TEXT_BYTES = 126;

export const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");

/** float32, little-endian: a vector in Postgres. */
export const vectorBytes = (vector: Float32Array): Buffer => {
  const bytes = Buffer.alloc(vector.byteLength);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * Float32Array.BYTES_PER_ELEMENT));
  return bytes;
};

/** A vector in snapshots and graphs, which hold it with norm 1. */
export const unitBytes = (vector: Float32Array): Buffer => vectorBytes(unitRows(vector, vector.length));

/** A text in a row: behind its length where it is short, else the text alone, for other heads depend on the row. */
const textInRow = (text: string): Buffer => {
  const bytes = utf8(text);
  return bytes.length > SHORT_TEXT_BYTES
    ? bytes
    : Buffer.concat([Buffer.from([((bytes.length + 1) << 1) | 1]), bytes]);
};

/** The head of an anchor's row, and its entry in the index of ids. */
export const ownerInRow = (collection: number, id: AnchorId): Buffer => {
  const key = Buffer.alloc(8);
  key.writeBigInt64LE(BigInt(collection));
  return Buffer.concat([key, textInRow(id)]);
};

/** The part of a row that is an anchor's own however short its caption is; the caption is short. */
export const captionInRow = (id: AnchorId, caption: string): Buffer =>
  Buffer.concat([textInRow(id), textInRow(caption)]);

/** An anchor's row, as far as anything of it is looked for in pages. */
export const rowBytes = (collection: number, id: AnchorId, caption: string | null): Buffer =>
  Buffer.concat([ownerInRow(collection, id), textInRow(caption ?? "")]);

/** How an anchor's line in a snapshot begins (`lineOf` in retrieval/snapshot). */
export const lineStart = (id: AnchorId, caption?: string): Buffer =>
  utf8(
    caption === undefined ? `[${JSON.stringify(id)},` : `[${JSON.stringify(id)},${JSON.stringify(caption)},`,
  );

/** An anchor's line in the list of ids beside a built index. */
export const idLine = (id: AnchorId): Buffer => utf8(`${JSON.stringify(id)}\n`);

/** An anchor's lines in the files under DATA_DIR/indexes. @param metadata JSON */
export const lines = (id: AnchorId, caption: string | null, metadata: string): Buffer =>
  Buffer.concat([utf8(`[${JSON.stringify(id)},${JSON.stringify(caption)},${metadata}]\n`), idLine(id)]);
