import { describe, expect, test } from "vitest";
import {
  answerScore,
  isExactMatch,
  normaliseAnswer,
  vqaAccuracy,
  withoutPunctuation,
} from "../../../research/epalm/metrics/index.ts";
import { readReference } from "../../support/epalm-reference.ts";

interface Reference {
  readonly normalise: readonly {
    readonly in: string;
    readonly process_punctuation: string;
    readonly vqa_prediction: string;
    readonly gqa_normalize_answer: string;
  }[];
  readonly vqa_accuracy: readonly {
    readonly refs: readonly string[];
    readonly pred: string;
    readonly overall: number;
  }[];
  readonly label_score: readonly {
    readonly label: Readonly<Record<string, number>>;
    readonly pred: string;
    readonly score_normalised: number;
  }[];
}

const reference = readReference("vqa_metric") as Reference;

describe("answers are normalised as by the VQA evaluation", () => {
  test.each(reference.normalise)("$in", (row) => {
    expect(withoutPunctuation(row.in)).toBe(row.process_punctuation);
    expect(normaliseAnswer(row.in)).toBe(row.vqa_prediction);
    expect(isExactMatch(row.in, row.gqa_normalize_answer)).toBe(true);
  });

  test("words that lack one of two apostrophes", () => {
    expect(normaliseAnswer("couldnt've yall'd've hed")).toBe("couldn't've y'all'd've he'd");
  });

  test("no more than 32 periods", () => {
    expect(withoutPunctuation(".".repeat(40))).toBe(".".repeat(8));
  });
});

test.each(reference.vqa_accuracy)("VQA accuracy of $pred", ({ refs, pred, overall }) => {
  // The official code rounds percents to two digits.
  expect(100 * vqaAccuracy(pred, refs)).toBeCloseTo(overall, 2);
});

test.each(reference.label_score)("the score of $pred", ({ label, pred, score_normalised: score }) => {
  expect(answerScore(pred, new Map(Object.entries(label)))).toBe(score);
});
