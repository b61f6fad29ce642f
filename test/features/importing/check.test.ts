import { describe, expect, it } from "vitest";
import { faultIn } from "../../../src/features/importing/check.ts";
import type { Pair } from "../../../src/features/importing/index.ts";
import type { JsonValue } from "../../../src/types.ts";

const faultOf = (change: Partial<Pair>): string | null => {
  const pair: Pair = {
    kind: "pair",
    id: "a",
    name: "a.png",
    container: "t.csv",
    text: "a fox",
    captionFrom: { kind: "table", label: 'the column "caption"' },
    metadata: {},
    source: "t.csv:2",
    image: () => Promise.resolve(new Uint8Array(1)),
    ...change,
  };
  return faultIn(pair);
};

const nested = (levels: number): JsonValue => (levels === 0 ? 1 : [nested(levels - 1)]);

describe("a pair is refused before its image is read", () => {
  it.each<[string, Partial<Pair>, string]>([
    ["an empty caption", { text: " " }, "the caption is empty"],
    [
      "a caption that is too long",
      { text: "x".repeat(10_001) },
      "its caption is 10001 characters long; at most 10000 are accepted",
    ],
    ["a NUL in its caption", { text: "a\0" }, "the caption holds a NUL or half a character"],
    ["half a character in its caption", { text: "\u{D83E}" }, "the caption holds a NUL or half a character"],
    ["a caption that was not UTF-8", { text: "caf\u{FFFD}" }, "the caption is not UTF-8"],
    ["a NUL in its id", { id: "a\0" }, "the id holds a NUL or half a character"],
    [
      "an id that is too long",
      { id: "x".repeat(201), idIsGiven: true },
      "the id has 201 characters, and 1 to 200 are accepted; --id-column names another",
    ],
    [
      "a NUL deep in its metadata",
      { metadata: { a: [{ b: "\0" }] } },
      'the field "a" holds a NUL or half a character; it can be left out by --without',
    ],
    [
      "metadata nested too deep",
      { metadata: { a: nested(32) } },
      'the field "a" is nested deeper than 32 levels; it can be left out by --without',
    ],
    [
      "metadata that is too long",
      { metadata: { a: "x".repeat(65_536) } },
      "the metadata is longer than 65536 characters; fields can be left out by --without",
    ],
  ])("for %s", (_, change, reason) => {
    expect(faultOf(change)).toBe(reason);
  });

  it("and for nothing else", () => {
    const metadata = { a: nested(30), b: { c: null }, d: "\u{1F98A}" };
    expect(faultOf({ id: "\u{1F98A}".repeat(200), idIsGiven: true, metadata })).toBeNull();
  });
});
