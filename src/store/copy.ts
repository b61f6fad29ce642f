import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/**
 * COPY in binary format (PostgreSQL manual, COPY, "Binary Format"): floats and images are sent as raw bytes, whereas
 * ordinary queries send them as hexadecimal text.
 */

/** A column value; numbers are sent as bigint. */
export type CopyValue = number | Uint8Array;

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
/** Signature, flags, and length of the header extension. */
const HEADER_LENGTH = SIGNATURE.length + 8;
const END_OF_ROWS = -1;
const CHUNK_BYTES = 256 * 1024;

/** Runs `statement`, a `COPY ... FROM STDIN (FORMAT binary)`, with `rows`. */
export const copyIn = async (
  client: pg.ClientBase,
  statement: string,
  rows: Iterable<readonly CopyValue[]>,
): Promise<void> => {
  await pipeline(Readable.from(encode(rows), { objectMode: true }), client.query(copyFrom(statement)));
};

/** Runs `statement`, a `COPY (...) TO STDOUT (FORMAT binary)`; yields the rows of each chunk read from the socket. */
export const copyOut = async function* (
  client: pg.ClientBase,
  statement: string,
): AsyncGenerator<(Buffer | null)[][]> {
  const stream: AsyncIterable<Buffer> = client.query(copyTo(statement));
  let rest: Buffer = Buffer.alloc(0);
  let headerIsRead = false;
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!headerIsRead) {
      if (rest.length < HEADER_LENGTH) continue;
      at = HEADER_LENGTH + rest.readInt32BE(SIGNATURE.length + 4);
      headerIsRead = true;
    }
    const rows: (Buffer | null)[][] = [];
    for (let end = rowEnd(rest, at); end !== null; end = rowEnd(rest, at)) {
      rows.push(decodeRow(rest, at));
      at = end;
    }
    rest = rest.subarray(at);
    if (rows.length > 0) yield rows;
  }
};

const encode = function* (rows: Iterable<readonly CopyValue[]>): Generator<Buffer> {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.set(SIGNATURE);
  let pending: Buffer[] = [header];
  let size = HEADER_LENGTH;
  for (const row of rows) {
    const encoded = encodeRow(row);
    pending.push(encoded);
    size += encoded.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(pending, size);
    pending = [];
    size = 0;
  }
  const end = Buffer.alloc(2);
  end.writeInt16BE(END_OF_ROWS);
  yield Buffer.concat([...pending, end]);
};

const encodeRow = (row: readonly CopyValue[]): Buffer => {
  let length = 2;
  for (const value of row) length += 4 + (typeof value === "number" ? 8 : value.byteLength);
  const encoded = Buffer.allocUnsafe(length);
  let at = encoded.writeInt16BE(row.length, 0);
  for (const value of row) {
    if (typeof value === "number") {
      at = encoded.writeInt32BE(8, at);
      at = encoded.writeBigInt64BE(BigInt(value), at);
    } else {
      at = encoded.writeInt32BE(value.byteLength, at);
      encoded.set(value, at);
      at += value.byteLength;
    }
  }
  return encoded;
};

/** The offset after the row that starts at `at`; null if the row is incomplete or the end marker. */
const rowEnd = (bytes: Buffer, at: number): number | null => {
  if (at + 2 > bytes.length) return null;
  const fields = bytes.readInt16BE(at);
  if (fields === END_OF_ROWS) return null;
  let end = at + 2;
  for (let field = 0; field < fields; field++) {
    if (end + 4 > bytes.length) return null;
    end += 4 + Math.max(0, bytes.readInt32BE(end));
  }
  return end <= bytes.length ? end : null;
};

const decodeRow = (bytes: Buffer, start: number): (Buffer | null)[] => {
  const fields = bytes.readInt16BE(start);
  const row: (Buffer | null)[] = [];
  let at = start + 2;
  for (let field = 0; field < fields; field++) {
    const length = bytes.readInt32BE(at);
    at += 4;
    row.push(length < 0 ? null : bytes.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return row;
};
