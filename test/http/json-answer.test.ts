import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLargeAnswer, piecesOf, streamJson } from "../../src/http/json-answer.ts";

const large = {
  at: new Date(0),
  absent: undefined,
  empty: {},
  rows: Array.from({ length: 50 }, (_, i) => ({
    id: `a${i}`,
    vector: Array.from({ length: 500 }, (_, j) => i + j / 7),
  })),
  mixed: [1, null, "two", [3], { four: 4 }, ...Array.from({ length: 9_000 }, (_, i) => i)],
};

describe("a large answer", () => {
  it("is written as JSON.stringify writes it", () => {
    expect(isLargeAnswer(large)).toBe(true);
    expect([...piecesOf(large)].join("")).toBe(JSON.stringify(large));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const wrapped = { value, list: [value, ...large.mixed, value] };
        expect([...piecesOf(wrapped)].join("")).toBe(JSON.stringify(wrapped));
      }),
      { numRuns: 50 },
    );
  });

  it("may be large by a few long texts, such as vectors in base64", () => {
    const texts = { texts: ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(10_000)) };
    expect(isLargeAnswer(texts)).toBe(true);
    expect([...piecesOf(texts)].join("")).toBe(JSON.stringify(texts));
  });

  it("is written no further than it is read", async () => {
    let written = 0;
    const items = Array.from({ length: 20_000 }, (_, i) => ({
      toJSON: () => {
        written += 1;
        return "x".repeat(100) + String(i);
      },
    }));
    const reader = streamJson(items).getReader();
    await reader.read();
    expect(written).toBeLessThan(2_000);
    await reader.cancel();
  });

  it("is refused as unavailable while those that are being read hold too much", async () => {
    const numbers = new Array<number>(10_000_000).fill(1);
    const reader = streamJson({ numbers }).getReader();
    await reader.read();
    expect(() => streamJson({ numbers })).toThrow("Too many large answers are being read; try again.");
    await reader.cancel();
    await streamJson({ numbers }).cancel();
  });
});
