import { createReadStream } from "node:fs";
import { corruptFile, decodeChunks, fileFault } from "../files/index.ts";

const MAX_LINE = 16 * 1024 * 1024;

/**
 * The lines of a text file, without their ends. The text may be UTF-16 with its byte order mark.
 *
 * @param onRead called with the number of bytes that have been read
 * @throws AnchorageError `corrupt-file` for a line of more than 16 MiB, `invalid-input` if the file cannot be read
 */
export async function* linesOf(file: string, onRead?: (bytes: number) => void): AsyncGenerator<string, void> {
  const input = createReadStream(file);
  let rest = "";
  let line = 1;
  try {
    for await (const chunk of decodeChunks(input as AsyncIterable<Buffer>)) {
      onRead?.(input.bytesRead);
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      line += lines.length;
      if (rest.length > MAX_LINE) throw corruptFile(`${file}:${line}`, "the line is longer than 16 MiB");
      for (const text of lines) yield text.endsWith("\r") ? text.slice(0, -1) : text;
    }
  } catch (error) {
    throw fileFault(error, file);
  } finally {
    input.destroy();
  }
  if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
}
