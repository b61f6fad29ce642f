const HEAD_BYTES = 8;

/** A message between two processes: JSON and bytes. */
export interface DecodeFrame {
  readonly header: unknown;
  readonly payload: Uint8Array;
}

/**
 * The chunks of a frame: the lengths of header and payload (uint32 little-endian each), the header as JSON, the payload.
 * The payload is not copied.
 */
export const encodeFrame = ({ header, payload }: DecodeFrame): readonly Uint8Array[] => {
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(payload.length, 4);
  return payload.length === 0 ? [Buffer.concat([head, json])] : [Buffer.concat([head, json]), payload];
};

/**
 * Puts the chunks of a stream together again. Each byte is copied once.
 *
 * @returns takes the next chunk of the stream
 * @example
 * ```ts
 * process.stdin.on("data", createFrameReader(({ header, payload }) => console.log(header, payload.length)));
 * ```
 */
export const createFrameReader = (onFrame: (frame: DecodeFrame) => void): ((chunk: Uint8Array) => void) => {
  let head = Buffer.alloc(HEAD_BYTES);
  let filled = 0;
  let body: Buffer | null = null;

  const start = (): void => {
    head = Buffer.alloc(HEAD_BYTES);
    filled = 0;
    body = null;
  };
  const finish = (bytes: Buffer): void => {
    const split = head.readUInt32LE(0);
    start();
    onFrame({
      header: JSON.parse(bytes.toString("utf8", 0, split)) as unknown,
      payload: bytes.subarray(split),
    });
  };

  return (chunk) => {
    for (let from = 0; from < chunk.length;) {
      const into = body ?? head;
      const part = chunk.subarray(from, from + into.length - filled);
      into.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < into.length) return;
      if (body !== null) finish(body);
      else {
        body = Buffer.allocUnsafe(head.readUInt32LE(0) + head.readUInt32LE(4));
        filled = 0;
        if (body.length === 0) finish(body);
      }
    }
  };
};
