import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { extractAnswer } from "../../../src/features/epalm/index.ts";
import {
  colourOf,
  COLOURS,
  groupText,
  makeCorpus,
  readThings,
  type Thing,
} from "../../../research/epalm/pretraining/index.ts";
import { batchesOf, feedsOf } from "../../../research/epalm/pretraining/batches.ts";
import { createRandom } from "../../../src/math/random.ts";

let things: Thing[];
beforeAll(async () => {
  things = await readThings();
});

const thing = (name: string): Thing | undefined => things.find((each) => each.name === name);

describe("what is known of a thing in words", () => {
  test("is its label, tags, group and kind, and what else it is called", () => {
    expect(thing("red heart")).toMatchObject({
      words: expect.arrayContaining(["love"]) as string[],
      group: "smileys and emotion",
      kind: "heart",
      colour: "red",
      otherNames: expect.arrayContaining(["heavy black heart"]) as string[],
    });
  });

  test("has no two things of one name", () => {
    expect(new Set(things.map(({ name }) => name)).size).toBe(things.length);
  });

  test("a group reads as words", () => {
    expect(groupText("travel-places")).toBe("travel and places");
    expect(groupText("flags")).toBe("flags");
  });

  test("a colour is the one that the label names, or else the tags, by the word it is answered by", () => {
    expect(colourOf({ label: "Blue book", tags: ["red"] })).toBe("blue");
    expect(colourOf({ label: "2nd place medal", tags: ["silver"] })).toBe("grey");
    expect(colourOf({ label: "black and white square", tags: [] })).toBeUndefined();
    expect(colourOf({ label: "scarf", tags: ["neck"] })).toBeUndefined();
  });
});

describe("lines to be learnt of", () => {
  const settings = { lines: 4_000, validation: 80, seed: 3 };

  test("are the same for the same seed, and others for another", () => {
    const corpus = makeCorpus(things, settings);
    expect(makeCorpus(things, settings)).toEqual(corpus);
    expect(makeCorpus(things, { ...settings, seed: 4 }).training).not.toEqual(corpus.training);
  });

  test("hold none of those that are kept for validation", () => {
    const { training, validation } = makeCorpus(things, settings);
    expect(training).toHaveLength(4_000);
    expect(new Set(validation).size).toBe(80);
    const known = new Set(training);
    expect(validation.filter((line) => known.has(line))).toEqual([]);
  });

  test("answer with a colour, a number, a group, a name, or what was told", () => {
    const { training } = makeCorpus(things, settings);
    const answersTo = (question: string): string[] =>
      training.filter((line) => line.includes(`${question}</a>`)).map(extractAnswer);
    expect(answersTo("which colour is it?").length).toBeGreaterThan(50);
    for (const answer of answersTo("which colour is it?")) expect(COLOURS).toContain(answer);
    const groups = new Set(things.map(({ group }) => group));
    for (const answer of answersTo("which group is it in?")) expect(groups).toContain(answer);
    const names = new Set(things.map(({ name }) => name));
    const unknown = training.filter(
      (line) => line.includes("what is it?</a>") && !names.has(extractAnswer(line)),
    );
    // Made-up names can be answered with where they were told.
    expect(unknown.length).toBeGreaterThan(50);
    for (const line of unknown) expect(line.split("what is it?")[0]).toContain(extractAnswer(line));
  });

  test("ask behind captions, of which one is the answer, but not always", () => {
    const { training } = makeCorpus(things, settings);
    const asked = training.filter((line) => /^like: .*\. what is it\?<\/a>/.test(line));
    const named = asked.filter((line) => {
      const [captions = ""] = line.slice("like: ".length).split(". what is it?");
      return captions
        .split("; ")
        .some((caption) => caption.split(", ")[0] === extractAnswer(line).split(", ")[0]);
    });
    expect(named.length / asked.length).toBeGreaterThan(0.6);
    expect(named.length / asked.length).toBeLessThan(0.95);
  });
});

describe("batches", () => {
  const rows = fc.array(fc.array(fc.integer({ min: 5, max: 99 }), { minLength: 2, maxLength: 40 }), {
    minLength: 1,
    maxLength: 60,
  });

  test("hold every row once, together no more tokens than are allowed", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 16, max: 200 }), (given, tokens) => {
        const batches = batchesOf(given, tokens, createRandom(1));
        const sorted = (all: readonly (readonly number[])[]): string[] => all.map((row) => row.join()).sort();
        expect(sorted(batches.flatMap((batch) => batch.rows))).toEqual(sorted(given));
        for (const { rows: of, length } of batches) {
          expect(of.length === 1 || of.length * length <= tokens).toBe(true);
          for (const row of of)
            expect(length - row.length).toSatisfy((rest: number) => rest >= 0 && rest < 8);
        }
      }),
    );
  });

  test("ask of each token for the next, and of the last and of padding for none", () => {
    const { feeds, targets } = feedsOf(
      {
        rows: [
          [2, 7, 9, 2],
          [2, 2],
        ],
        length: 6,
      },
      1,
    );
    expect(targets).toBe(4);
    expect([...(feeds.input_ids?.data ?? [])].map(Number)).toEqual([2, 7, 9, 2, 1, 1, 2, 2, 1, 1, 1, 1]);
    expect([...(feeds.attention_mask?.data ?? [])].map(Number)).toEqual([1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]);
    expect([...(feeds.targets?.data ?? [])].map(Number)).toEqual([
      7, 9, 2, -1, -1, -1, 2, -1, -1, -1, -1, -1,
    ]);
  });
});
