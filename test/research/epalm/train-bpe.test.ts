import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SPECIAL_TOKENS } from "../../../src/features/epalm/index.ts";
import { trainBpe } from "../../../research/epalm/pretraining/train-bpe.ts";

const TEXTS = [
  "what is it?</a>a red fox</s>",
  "what is it?</a>a red car</s>",
  "which colour is it?</a>red</s>",
  "a red fox that jumps, and a café",
];

const tokenizerOf = (size: number): Tokenizer =>
  new Tokenizer(trainBpe(TEXTS, size), { clean_up_tokenization_spaces: false });

describe("a byte-pair encoding that is learnt of texts", () => {
  test("gives back every text, those of other scripts included", () => {
    const tokenizer = tokenizerOf(300);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }), (text) => {
        fc.pre(!SPECIAL_TOKENS.some((token) => text.includes(token)));
        const { ids } = tokenizer.encode(text, { add_special_tokens: false });
        expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(text);
      }),
    );
  });

  test("begins every text with the token that OPT begins with, and knows the answer's mark", () => {
    const { ids } = tokenizerOf(300).encode("what is it?</a>");
    expect(ids[0]).toBe(2);
    expect(ids.at(-1)).toBe(4);
  });

  test("makes one token of words that come often, and takes fewer the more it may have", () => {
    const text = "what is it?</a>a red fox</s>";
    const lengths = [261, 270, 280, 300].map((size) => tokenizerOf(size).encode(text).ids.length);
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    const large = tokenizerOf(300);
    expect(large.encode(" red", { add_special_tokens: false }).ids).toHaveLength(1);
  });

  test("is the same for the same texts, and no larger than is asked for", () => {
    expect(trainBpe(TEXTS, 270)).toEqual(trainBpe([...TEXTS], 270));
    const { model } = trainBpe(TEXTS, 270) as { model: { vocab: Record<string, number> } };
    expect(Object.keys(model.vocab)).toHaveLength(270);
    expect(Object.values(model.vocab).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 270 }, (_, i) => i),
    );
  });

  test("has one token for a word wherever it stands, where a space is put before texts", () => {
    const tokenizer = new Tokenizer(trainBpe(TEXTS, 300, true), { clean_up_tokenization_spaces: false });
    const of = (text: string): readonly number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;
    const [red = -1] = of("red");
    expect(of("what is it?</a>red").at(-1)).toBe(red);
    expect(of("a red").at(-1)).toBe(red);
  });

  test("of texts without repetition is the bytes alone", () => {
    const { model } = trainBpe(["ab", "cd"], 1_000) as { model: { merges: string[] } };
    expect(model.merges).toEqual([]);
  });
});
