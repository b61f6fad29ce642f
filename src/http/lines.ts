import { AnchorageError } from "../errors.ts";

const NEWLINE = 0x0a;

/** A line of a stream, without its end. */
export interface Line {
  /** From 1, empty lines counted. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * Splits a stream of chunks at newlines; blank lines are skipped. The last line needs no newline.
 *
 * @throws AnchorageError `too-large` where a line is longer than `limit` bytes.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Line, void> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;

  const add = (part: Uint8Array): void => {
    length += part.length;
    if (length > limit) {
      const message = `is longer than ${limit} bytes, which is this service's BODY_LIMIT_MIB`;
      throw new AnchorageError("too-large", `Line ${number} ${message}.`, {
        faults: [{ path: ["lines", number], message }],
      });
    }
    parts.push(part);
  };
  const take = (): Line => {
    const line = { number, bytes: Buffer.concat(parts, length) };
    number += 1;
    parts = [];
    length = 0;
    return line;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (!isBlank(line.bytes)) yield line;
    }
    add(chunk.subarray(from));
  }
  const last = take();
  if (!isBlank(last.bytes)) yield last;
}

const isBlank = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
