import { describe, expect, test } from "vitest";
import { bleu, cider, rougeL, wordsOf } from "../../../research/epalm/metrics/index.ts";
import { readReference } from "../../support/epalm-reference.ts";

interface Scored {
  readonly name: string;
  readonly items: readonly { readonly hyp: string; readonly refs: readonly string[] }[];
  readonly scores: {
    readonly bleu_corpus: readonly number[];
    readonly bleu_per_item: readonly (readonly number[])[];
    readonly cider: number;
    readonly cider_per_item: readonly number[];
    readonly rouge_l: number;
    readonly rouge_l_per_item: readonly number[];
  };
}

const { sets } = readReference("caption_metric") as { sets: readonly Scored[] };
const split = (caption: string): string[] => caption.split(" ").filter((word) => word !== "");

describe.each(sets)("captions of the set $name", ({ items, scores }) => {
  const captions = items.map(({ hyp, refs }) => ({ words: split(hyp), references: refs.map(split) }));

  test("have the BLEU of the COCO evaluation, together and each", () => {
    bleu(captions).forEach((value, i) => {
      expect(value).toBeCloseTo(scores.bleu_corpus[i] ?? Number.NaN, 12);
    });
    captions.forEach((caption, at) => {
      bleu([caption]).forEach((value, i) => {
        expect(value).toBeCloseTo(scores.bleu_per_item[at]?.[i] ?? Number.NaN, 12);
      });
    });
  });

  test("have the CIDEr of the COCO evaluation", () => {
    const each = cider(captions);
    each.forEach((value, i) => {
      expect(value).toBeCloseTo(scores.cider_per_item[i] ?? Number.NaN, 10);
    });
    expect(each.reduce((a, b) => a + b, 0) / each.length).toBeCloseTo(scores.cider, 10);
  });

  test("have the ROUGE-L of the COCO evaluation", () => {
    const each = rougeL(captions);
    each.forEach((value, i) => {
      expect(value).toBeCloseTo(scores.rouge_l_per_item[i] ?? Number.NaN, 12);
    });
    expect(each.reduce((a, b) => a + b, 0) / each.length).toBeCloseTo(scores.rouge_l, 12);
  });
});

test("ROUGE-L of a caption without words is 0", () => {
  expect(rougeL([{ words: [], references: [["a"]] }])).toEqual([0]);
});

test("words are told apart without case and punctuation", () => {
  expect(wordsOf("A dog's tail, Größe 3!")).toEqual(["a", "dog's", "tail", "größe", "3"]);
});
