import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  captionText,
  createCaptionTask,
  createKeywordEncoder,
} from "../../../research/consensus-tasks/caption/index.ts";
import { f1 } from "../../../research/consensus-tasks/caption/task.ts";
import { keywordsOf, spoken } from "../../../research/consensus-tasks/emoji.ts";
import {
  openEmojiStore,
  openPartOf,
  openSecondStore,
  type EmojiStore,
} from "../../../research/consensus-tasks/emoji-store.ts";
import { createQuestionsTask } from "../../../research/consensus-tasks/questions/index.ts";
import type { EmbeddedEmoji, EmbeddedPair } from "../../../research/evaluation/index.ts";
import { createRandom, normal } from "../../../src/math/random.ts";
import { QUERY_VENDOR } from "../../../src/features/sample/index.ts";
import type { AnchorId } from "../../../src/types.ts";

const signal = new AbortController().signal;
const D = 12;
const KINDS = ["cat", "sun", "car", "hat"];
const VENDORS = [QUERY_VENDOR, "noto", "openmoji", "fxemoji"];
const EMOJI = 80;

/** Each kind is a direction, each emoji near that of its kind, each vendor's drawing near its emoji. */
const createEmoji = (): Pick<EmbeddedEmoji, "pairs" | "texts" | "image" | "text"> => {
  const random = createRandom(1);
  const near = (centre: readonly number[], by: number): number[] =>
    centre.map((value) => value + by * normal(random));
  const axis = (i: number): number[] => Array.from({ length: D }, (_, j) => (j === i ? 1 : 0));
  const texts = new Map<string, Float32Array>();
  KINDS.forEach((kind, i) => texts.set(kind, Float32Array.from(axis(i))));
  const pairs = Array.from({ length: EMOJI }, (_, i): EmbeddedPair[] => {
    const kind = KINDS[i % KINDS.length] ?? "";
    const own = near(axis(4 + (i % KINDS.length)), 0.15);
    const emoji = { hexcode: `E${i}`, emoji: "", label: kind, tags: [kind], group: "", subgroup: kind };
    return VENDORS.map((vendor) => ({
      id: `${vendor}/E${i}` as AnchorId,
      vendor,
      emoji,
      digest: `${vendor}/E${i}`,
      imageVector: Float32Array.from(near(own, 0.05)),
    }));
  }).flat();
  const info = { dimension: D } as EmbeddedEmoji["image"];
  return { pairs, texts, image: info, text: info };
};

describe("tasks over a store of emoji", () => {
  const emoji = createEmoji();
  const encode = createKeywordEncoder(emoji.texts);
  const counts = { anchors: 90, development: 6, test: 12, seed: 2 };
  const described = ({ emoji: drawn }: EmbeddedPair) => ({
    caption: captionText(drawn),
    vector: encode(captionText(drawn)) ?? new Float32Array(D),
    metadata: { subgroup: drawn.subgroup, tags: [...drawn.tags] },
  });
  /** Another encoder: the same numbers from back to front. */
  const vectors = new Map(
    emoji.pairs.map(({ id, imageVector }) => [id as string, imageVector.toReversed()] as const),
  );
  let store: EmojiStore;
  let second: EmojiStore;
  beforeAll(async () => {
    store = await openEmojiStore(emoji, counts, described);
    second = await openSecondStore(store, emoji, vectors, described);
  });
  afterAll(() => {
    store.space.close();
    second.space.close();
  });

  test("ask about drawings of one vendor, of emoji that no anchor shows in any style", () => {
    const view = store.space.view();
    const shown = new Set(Array.from(view.liveSlots(), (slot) => view.entry(slot).id.split("/")[1]));
    const asked = [...store.development, ...store.test];
    expect(asked.map(({ vendor }) => vendor)).toEqual(asked.map(() => QUERY_VENDOR));
    expect(asked.some(({ emoji: { hexcode } }) => shown.has(hexcode))).toBe(false);
    expect([view.liveSlots().length, store.development.length, store.test.length]).toEqual([90, 6, 12]);
  });

  test("caption an image by its keyword where the nearest anchors have it", async () => {
    const task = createCaptionTask(store, second, emoji);
    const panel = { members: [0, 1, 2, 3, 4], weights: [1, 1, 1, 1, 1], rounds: 1 };
    for (const item of task.test.slice(0, 4)) {
      expect(await task.solve(item, panel, signal)).toBe(1);
      expect((await task.bounds(item, signal)).oracle).toBe(1);
    }
  });

  test("answer questions of both sorts, about one image and about frames", async () => {
    const frames = new Map(
      store.test.map(
        ({ emoji: { hexcode }, imageVector }) =>
          [hexcode, Float32Array.from([...imageVector, ...imageVector])] as const,
      ),
    );
    const owned = [];
    for (const owner of ["noto", "openmoji"])
      owned.push({
        owner,
        store: await openPartOf(store, emoji, ({ vendor }) => vendor === owner, described),
      });
    const task = createQuestionsTask(owned, emoji, frames);
    expect(task.scorers).toEqual([
      "kNN vote (noto)",
      "probe (noto)",
      "kNN vote (openmoji)",
      "probe (openmoji)",
    ]);
    const panel = { members: [0, 1, 2, 3], weights: [1, 1, 1, 1], rounds: 2 };
    const kinds = task.test.slice(0, 4).map(({ field, images }) => [field, images.length / D]);
    expect(kinds).toEqual([
      ["subgroup", 1],
      ["subgroup", 2],
      ["tags", 1],
      ["tags", 2],
    ]);
    for (const question of task.test.slice(0, 4)) expect(await task.solve(question, panel, signal)).toBe(1);
    for (const part of owned) part.store.space.close();
  });
});

test("an emoji's keywords are the words of its label and tags, each once", () => {
  expect(keywordsOf({ label: "Grinning face", tags: ["face", "t-shirt", "o’clock"] })).toEqual([
    "grinning",
    "face",
    "t",
    "shirt",
    "o’clock",
  ]);
  expect(spoken("animal-mammal")).toBe("animal mammal");
});

test("a list of keywords points where the mean of its words does", () => {
  const encode = createKeywordEncoder(
    new Map([
      ["a", Float32Array.of(2, 0)],
      ["b", Float32Array.of(0, 5)],
    ]),
  );
  expect(encode("a b")).toEqual(Float32Array.of(0.5, 0.5));
  expect(encode("b unknown")).toEqual(Float32Array.of(0, 1));
  expect(encode("unknown")).toBeUndefined();
});

test("F1 is 1 for the same words, 0 for none shared, and 2/3 for half of them too many", () => {
  const [two, four] = [new Set(["a", "b"]), new Set(["a", "b", "c", "d"])];
  expect([f1(two, two), f1(two, new Set(["c"])), f1(four, two)]).toEqual([1, 0, 2 / 3]);
});
