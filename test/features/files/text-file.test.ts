import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeChunks, decodeText } from "../../../src/features/files/index.ts";

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();

const ENCODED = {
  "UTF-8": (text: string) => Buffer.from(text),
  "UTF-8 with a mark": (text: string) => Buffer.from(`\u{FEFF}${text}`),
  "UTF-16LE": (text: string) => Buffer.from(`\u{FEFF}${text}`, "utf16le"),
  "UTF-16BE": (text: string) => swapped(Buffer.from(`\u{FEFF}${text}`, "utf16le")),
} as const;

const chunksOf = async function* (bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
};

describe("a text file", () => {
  it.each(Object.keys(ENCODED) as (keyof typeof ENCODED)[])("is decoded from %s", (name) => {
    expect(decodeText(ENCODED[name]("a café, 猫 🦊"))).toBe("a café, 猫 🦊");
  });

  it("is decoded piece by piece to the same text, wherever it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...Object.values(ENCODED)),
        async (text, size, encode) => {
          fc.pre(!text.startsWith("\u{FEFF}"));
          const pieces: string[] = [];
          for await (const piece of decodeChunks(chunksOf(encode(text), size))) pieces.push(piece);
          expect(pieces.join("")).toBe(text);
        },
      ),
    );
  });
});
