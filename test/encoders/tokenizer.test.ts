import { describe, expect, it } from "vitest";
import { AnchorageError } from "../../src/errors.ts";
import { createHuggingFaceTokenizer } from "../../src/encoders/tokenizer.ts";
import { VOCABULARY, WORDPIECE } from "./folders.ts";

const tokenizer = (json: unknown, maxLength = 16) =>
  createHuggingFaceTokenizer(JSON.stringify(json), "{}", maxLength);

/** GPT-2's way: bytes as letters, merged in the order of the list. */
const BPE = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
  decoder: { type: "ByteLevel" },
  model: {
    type: "BPE",
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: "",
    end_of_word_suffix: "",
    fuse_unk: false,
    vocab: { l: 0, o: 1, w: 2, e: 3, r: 4, Ġ: 5, lo: 6, low: 7, er: 8, Ġlow: 9, Ã: 10, "©": 11 },
    merges: ["l o", "lo w", "e r", "Ġ low"],
  },
};

/** SentencePiece's unigrams, as XLM-R and T5 have them. */
const UNIGRAM = {
  version: "1.0",
  added_tokens: [
    {
      id: 0,
      content: "<unk>",
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    },
  ],
  normalizer: { type: "NFKC" },
  pre_tokenizer: { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "always" },
  post_processor: null,
  decoder: { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "always" },
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [
      ["<unk>", 0],
      ["▁red", -2],
      ["▁", -3],
      ["r", -4],
      ["e", -4],
      ["d", -4],
      ["▁r", -3],
      ["ed", -2.5],
      ["▁fox", -2],
    ],
  },
};

describe("a WordPiece tokenizer", () => {
  it("lowers case, splits words into the longest pieces and frames them", () => {
    const pieces = tokenizer(WORDPIECE)("A red FOXES sea!").map((id) => VOCABULARY[id]);
    expect(pieces).toEqual(["[CLS]", "a", "red", "fox", "##es", "sea", "[UNK]", "[SEP]"]);
  });

  it("cuts a long text at its end, and keeps the frame", () => {
    const pieces = tokenizer(WORDPIECE, 4)("red fox blue sea").map((id) => VOCABULARY[id]);
    expect(pieces).toEqual(["[CLS]", "red", "fox", "[SEP]"]);
  });

  it("reads a text of exactly the length as it is", () => {
    expect(tokenizer(WORDPIECE, 6)("red fox blue sea")).toEqual(tokenizer(WORDPIECE, 7)("red fox blue sea"));
  });
});

describe("a BPE tokenizer", () => {
  it("merges in the order of its list", () => {
    expect(tokenizer(BPE)("low lower")).toEqual([7, 9, 8]);
  });

  it("falls back to bytes", () => {
    expect(tokenizer(BPE)("é")).toEqual([10, 11]);
  });

  it("cuts a long text at its end", () => {
    expect(tokenizer(BPE, 2)("low lower")).toEqual([7, 9]);
  });
});

describe("a Unigram tokenizer", () => {
  it("takes the most probable pieces", () => {
    expect(tokenizer(UNIGRAM)("red fox")).toEqual([1, 8]);
    // ▁red + e is -6; ▁r + ed + e is -9.5.
    expect(tokenizer(UNIGRAM)("rede")).toEqual([1, 4]);
  });

  it("marks what it does not know", () => {
    expect(tokenizer(UNIGRAM)("red z")).toContain(0);
  });
});

describe("a file that is no tokenizer", () => {
  it.each(["{", "{}", '{"model": {"type": "Magic"}}'])("is refused: %s", (json) => {
    expect(() => createHuggingFaceTokenizer(json, "{}", 8)).toThrow(AnchorageError);
  });
});
