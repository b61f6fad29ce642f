import { createReadStream } from "node:fs";
import { corruptFile, decodeChunks, fileFault } from "../files/index.ts";

const MAX_LINE = 16 * 1024 * 1024;

export interface LineOptions {
  /** Called with the number of bytes that have been read. */
  readonly onRead?: ((bytes: number) => void) | undefined;
  /** In characters; default 16 Mi. */
  readonly longest?: number;
}

/**
 * The lines of a text file, without their ends. The text may be UTF-16 with its byte order mark.
 *
 * @throws AnchorageError `corrupt-file` for a line that is too long, `invalid-input` if the file cannot be read
 */
export async function* linesOf(
  file: string,
  { onRead, longest = MAX_LINE }: LineOptions = {},
): AsyncGenerator<string, void> {
  const input = createReadStream(file);
  let rest = "";
  let line = 1;
  try {
    for await (const chunk of decodeChunks(input as AsyncIterable<Buffer>)) {
      onRead?.(input.bytesRead);
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      line += lines.length;
      if (rest.length > longest)
        throw corruptFile(`${file}:${line}`, `the line is longer than ${longest / 2 ** 20} MiB`);
      for (const text of lines) yield text.endsWith("\r") ? text.slice(0, -1) : text;
    }
  } catch (error) {
    throw fileFault(error, file);
  } finally {
    input.destroy();
  }
  if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
}
