import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { jsonLines } from "../src/json-lines.ts";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const linesOf = async (text: string, size: number): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of jsonLines(inPieces(new TextEncoder().encode(text), size))) lines.push(line);
  return lines;
};

describe("JSON lines", () => {
  it("are what was written, whatever the texts hold and however the bytes are cut", async () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom("\u2028", "\u2029", "\r", "\n"), fc.string()) });
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 9 }), async (texts, size) => {
        const written = texts.map((value) => `${JSON.stringify(value)}\n`).join("");
        expect((await linesOf(written, size)).map((line): unknown => JSON.parse(line))).toEqual(texts);
      }),
    );
  });

  it("may end with a carriage return, and the last one with nothing", async () => {
    expect(await linesOf('1\r\n\r\n"é"', 1)).toEqual(["1", "", '"é"']);
  });
});
