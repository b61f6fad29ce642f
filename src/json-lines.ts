/**
 * The lines of JSON lines. Unlike `node:readline` it does not end a line at U+2028 or U+2029, which JSON keeps as they
 * are within texts.
 *
 * @param input UTF-8, in pieces of any size
 * @yields each line without its end, empty ones too
 * @example
 * ```ts
 * for await (const line of jsonLines(process.stdin)) console.log(JSON.parse(line));
 * ```
 */
export async function* jsonLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of input) {
    const lines = (
      rest + (typeof piece === "string" ? piece : decoder.decode(piece, { stream: true }))
    ).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield withoutReturn(line);
  }
  rest += decoder.decode();
  if (rest !== "") yield withoutReturn(rest);
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
