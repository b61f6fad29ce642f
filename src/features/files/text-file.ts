import { readFile } from "node:fs/promises";
import { fileFault } from "./file-fault.ts";

/** The encoding that a byte order mark declares; UTF-8 if there is none. */
const encodingOf = ([first, second]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" => {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
};

/**
 * Decodes a text: UTF-16 if it starts with its byte order mark, otherwise UTF-8. The mark is removed. Bytes that are not
 * UTF-8 become U+FFFD.
 *
 * @example
 * ```ts
 * decodeText(Uint8Array.of(0xff, 0xfe, 0x61, 0)); // "a"
 * ```
 */
export const decodeText = (bytes: Uint8Array): string => new TextDecoder(encodingOf(bytes)).decode(bytes);

/** Decodes a stream of bytes as {@link decodeText} does, piece by piece. */
export async function* decodeChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let start: Uint8Array = new Uint8Array(0);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of chunks) {
    const bytes: Uint8Array = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    if (decoder === undefined && bytes.length < 2) {
      start = bytes;
      continue;
    }
    start = new Uint8Array(0);
    decoder ??= new TextDecoder(encodingOf(bytes));
    yield decoder.decode(bytes, { stream: true });
  }
  const rest = decoder === undefined ? decodeText(start) : decoder.decode();
  if (rest !== "") yield rest;
}

/**
 * Reads a text file: UTF-8, or UTF-16 with a byte order mark.
 *
 * @throws AnchorageError `invalid-input` that names the file if it cannot be read
 */
export const readTextFile = async (path: string): Promise<string> => {
  try {
    return decodeText(await readFile(path));
  } catch (error) {
    throw fileFault(error, path);
  }
};
