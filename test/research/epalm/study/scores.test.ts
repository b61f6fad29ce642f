import { expect, test } from "vitest";
import { scoresOf } from "../../../../research/epalm/study/scores.ts";
import type { Item } from "../../../../research/epalm/study/questions.ts";

const item = (asked: Item["asked"], answer: string, hexcode: string): Item => ({
  image: 0,
  split: "seen",
  asked,
  answer,
  hexcode,
});

const ITEMS = [
  item("what", "fox", "A"),
  item("what", "red apple", "B"),
  item("colour", "red", "B"),
  item("count", "three", "A"),
  item("caption", "fox, animal, face, sly, clever", "A"),
  item("caption", "red apple, diet, food, fruit, health", "B"),
];

test("answers are right after the VQA evaluation's normaliser, and all is the mean over kinds of questions", () => {
  const scores = scoresOf(ITEMS, ["The fox.", "green apple", "red", "3", "", ""]);
  expect(scores.what).toMatchObject({ value: 50, count: 2, low: 0, high: 100 });
  expect(scores.colour).toMatchObject({ value: 100, count: 1 });
  expect(scores.count?.value).toBe(100);
  expect(scores.group).toBeUndefined();
  expect(scores.all?.value).toBeCloseTo((50 + 100 + 100) / 3);
});

test("captions that say the same as the reference have the highest scores, others none", () => {
  const same = scoresOf(
    ITEMS,
    ITEMS.map(({ answer }) => answer),
  );
  expect(same.cider?.value).toBeCloseTo(1000);
  expect(same.bleu4?.value).toBeCloseTo(100);
  const other = scoresOf(ITEMS, ["", "", "", "", "boat, sea", "boat, sea"]);
  expect(other.cider?.value).toBe(0);
  expect(other.bleu4?.value).toBeCloseTo(0, 3);
});
