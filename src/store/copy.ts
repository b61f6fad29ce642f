import { once } from "node:events";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
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
  const split = createRowSplitter();
  for await (const chunk of copyBytes(client, statement)) {
    const rows = split(chunk);
    if (rows.length > 0) yield rows.map(fieldsOf);
  }
};

/** Runs `statement`, a `COPY (...) TO STDOUT (FORMAT binary)`; yields its bytes as they are read from the socket. */
export const copyBytes = (client: pg.ClientBase, statement: string): AsyncIterable<Buffer> =>
  client.query(copyTo(statement));

/** A `COPY ... FROM STDIN (FORMAT binary)` that runs. */
export interface RunningCopy {
  /** @param rows encoded rows, as {@link createRowSplitter} cuts them */
  readonly write: (rows: readonly Buffer[]) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Runs `statement`, a `COPY ... FROM STDIN (FORMAT binary)`, with rows that are given one batch after the other. */
export const startCopy = (client: pg.ClientBase, statement: string): RunningCopy => {
  const stream = client.query(copyFrom(statement));
  const ended = finished(stream);
  // It is awaited by `end`; a failure before that is thrown by `write` as well.
  ended.catch(() => undefined);
  const send = async (bytes: Buffer): Promise<void> => {
    if (!stream.write(bytes)) await Promise.race([once(stream, "drain"), ended]);
  };
  const started = send(headerBytes());
  return {
    write: async (rows) => {
      await started;
      if (rows.length > 0) await send(Buffer.concat(rows));
    },
    end: async () => {
      await started;
      stream.end(endOfRows());
      await ended;
    },
  };
};

/**
 * Cuts the bytes of a binary COPY, given in chunks, into its rows as they are encoded. Rows share the memory of the
 * chunks.
 *
 * @throws Error (from the returned function) for bytes that are no binary COPY
 */
export const createRowSplitter = (): ((chunk: Buffer) => Buffer[]) => {
  let rest: Buffer = Buffer.alloc(0);
  let headerIsRead = false;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!headerIsRead) {
      if (rest.length < HEADER_LENGTH) return [];
      if (!rest.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new Error("not a binary COPY");
      at = HEADER_LENGTH + rest.readInt32BE(SIGNATURE.length + 4);
      headerIsRead = true;
    }
    const rows: Buffer[] = [];
    for (let end = rowEnd(rest, at); end !== null; end = rowEnd(rest, at)) {
      rows.push(rest.subarray(at, end));
      at = end;
    }
    rest = rest.subarray(at);
    return rows;
  };
};

const encode = function* (rows: Iterable<readonly CopyValue[]>): Generator<Buffer> {
  let pending: Buffer[] = [headerBytes()];
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
  yield Buffer.concat([...pending, endOfRows()]);
};

const headerBytes = (): Buffer => {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.set(SIGNATURE);
  return header;
};

const endOfRows = (): Buffer => {
  const end = Buffer.alloc(2);
  end.writeInt16BE(END_OF_ROWS);
  return end;
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

/** The fields of an encoded row, which share its memory. */
export const fieldsOf = (bytes: Buffer): (Buffer | null)[] => {
  const fields = bytes.readInt16BE(0);
  const row: (Buffer | null)[] = [];
  let at = 2;
  for (let field = 0; field < fields; field++) {
    const length = bytes.readInt32BE(at);
    at += 4;
    row.push(length < 0 ? null : bytes.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return row;
};
