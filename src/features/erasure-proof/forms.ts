import { unitRows } from "../../retrieval/index.ts";
import type { AnchorId } from "../../types.ts";

/**
 * The byte patterns of a stored anchor: in the pages of Postgres (its manual, 66.6, "Database Page Layout"; numbers
 * are little-endian on every machine that the embedded one is made for) and in the files under DATA_DIR/indexes.
 */

/** Longer texts have a different header, and may be stored outside of their row. */
const SHORT_TEXT_BYTES = 126;

export const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");

/** float32, little-endian: a vector in Postgres. */
export const vectorBytes = (vector: Float32Array): Buffer => {
  const bytes = Buffer.alloc(vector.byteLength);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * Float32Array.BYTES_PER_ELEMENT));
  return bytes;
};

/** A vector in snapshots and graphs, where it has norm 1. */
export const unitBytes = (vector: Float32Array): Buffer => vectorBytes(unitRows(vector, vector.length));

/** A text in a row: with its length header if it is short, otherwise the text only, because longer headers vary. */
const textInRow = (text: string): Buffer => {
  const bytes = utf8(text);
  return bytes.length > SHORT_TEXT_BYTES
    ? bytes
    : Buffer.concat([Buffer.from([((bytes.length + 1) << 1) | 1]), bytes]);
};

/** The header of an anchor's row, and its entry in the index of ids. */
export const ownerInRow = (collection: number, id: AnchorId): Buffer => {
  const key = Buffer.alloc(8);
  key.writeBigInt64LE(BigInt(collection));
  return Buffer.concat([key, textInRow(id)]);
};

/** Part of a row that is unique to an anchor even if its caption is short; requires a short caption. */
export const captionInRow = (id: AnchorId, caption: string): Buffer =>
  Buffer.concat([textInRow(id), textInRow(caption)]);

/** The part of an anchor's row that is searched for in pages. */
export const rowBytes = (collection: number, id: AnchorId, caption: string | null): Buffer =>
  Buffer.concat([ownerInRow(collection, id), textInRow(caption ?? "")]);

/** The start of an anchor's line in a snapshot (`lineOf` in retrieval/snapshot). */
export const lineStart = (id: AnchorId, caption?: string): Buffer =>
  utf8(
    caption === undefined ? `[${JSON.stringify(id)},` : `[${JSON.stringify(id)},${JSON.stringify(caption)},`,
  );

/** An anchor's line in the list of ids beside a built index. */
export const idLine = (id: AnchorId): Buffer => utf8(`${JSON.stringify(id)}\n`);

/** An anchor's lines in the files under DATA_DIR/indexes. @param metadata JSON */
export const lines = (id: AnchorId, caption: string | null, metadata: string): Buffer =>
  Buffer.concat([utf8(`[${JSON.stringify(id)},${JSON.stringify(caption)},${metadata}]\n`), idLine(id)]);
