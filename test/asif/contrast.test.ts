import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { ClassifyResult } from "../../src/api/explain.ts";
import { classify, type ExplainInput } from "../../src/asif/index.ts";
import { closeKernels, openAnchorSpace, type AnchorView } from "../../src/retrieval/index.ts";
import type { JsonValue, Metadata, Sequence } from "../../src/types.ts";
import type { NaiveAnchor } from "../support/naive-asif.ts";
import { ask, ensembles, exactClasses, image, text } from "./ask.ts";
import {
  anyK,
  anyP,
  exactAnchors,
  exactImage,
  IMAGE_DIMENSION,
  randomAnchors,
  settings,
  TEXT_DIMENSION,
  upsertsOf,
} from "../support/anchor-space.ts";

afterAll(closeKernels);

const ALL = 10_000;

/** Anchors with metadata, one after another. */
const viewWith = async (
  anchors: readonly NaiveAnchor[],
  metadata: (at: number) => Metadata,
): Promise<AnchorView> => {
  const space = await openAnchorSpace({
    imageDimension: anchors[0]?.image.length ?? IMAGE_DIMENSION,
    textDimension: anchors[0]?.text.length ?? TEXT_DIMENSION,
    transform: "none",
  });
  const upserts = upsertsOf(anchors).map((anchor, i) => ({ ...anchor, metadata: metadata(i) }));
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  return space.view();
};

const OWNERS: readonly (JsonValue | undefined)[] = ["ann", "bob", 1, "1", null, undefined, ["ann", "cy"], []];
const ownerAt = (at: number): Metadata => {
  const owner = OWNERS[at % OWNERS.length];
  return owner === undefined ? { other: at } : { owner };
};

const sum = <T>(items: readonly T[] | undefined, of: (item: T) => number): number =>
  (items ?? []).reduce((total, item) => total + of(item), 0);

const explained = async (
  anchors: readonly NaiveAnchor[],
  images: readonly (readonly number[])[],
  classes: readonly (readonly (readonly number[])[])[],
  explain: ExplainInput,
  more: Parameters<typeof ask>[2] = {},
): Promise<ClassifyResult> => {
  const view = await viewWith(anchors, ownerAt);
  const [result] = await classify(view, ask(images, classes, { explain, ...more }));
  if (result === undefined) throw new Error("one image gives one result");
  return result;
};

describe("an explanation by groups and against another class", () => {
  test("adds up in each of its lists together with their rests, however few are listed", async () => {
    await fc.assert(
      fc.asyncProperty(
        exactAnchors(40),
        exactImage,
        exactClasses,
        ensembles,
        anyK,
        anyP,
        fc.constantFrom(1, 3, ALL),
        async (anchors, x, classes, ensemble, k, p, top) => {
          const explain = { top, groupBy: "owner", against: "runner-up" };
          const result = await explained(anchors, [x], classes, explain, {
            ensemble,
            settings: settings(k, p),
          });
          const [first, second] = result.classes;
          const score = first?.score ?? NaN;
          const { explanation, others, groups, otherGroups, against } = result;
          const listed = sum(explanation, (part) => part.contribution);
          expect(listed + (others?.contribution ?? NaN)).toBeCloseTo(score, 12);
          const inGroups = sum(groups, (group) => group.contribution);
          expect(inGroups + (otherGroups?.contribution ?? NaN)).toBeCloseTo(score, 12);
          expect(explanation?.length).toBeLessThanOrEqual(top);
          expect(groups?.length).toBeLessThanOrEqual(top);
          if (second === undefined) {
            expect(against).toBeNull();
            return;
          }
          expect(against).toMatchObject({ name: second.name, score: second.score });
          const difference = score - second.score;
          expect(against?.difference).toBe(difference);
          const told = sum(against?.anchors, (part) => part.difference);
          expect(told + (against?.others.difference ?? NaN)).toBeCloseTo(difference, 12);
          const { contribution = NaN, difference: rest = NaN } = against?.otherGroups ?? {};
          expect(sum(against?.groups, (group) => group.difference) + rest).toBeCloseTo(difference, 12);
          expect(sum(against?.groups, (group) => group.contribution) + contribution).toBeCloseTo(score, 12);
          for (const part of against?.anchors ?? [])
            expect(part.difference).toBe(part.contribution - part.against);
        },
      ),
      { numRuns: 60 },
    );
  });

  const anchors = randomAnchors(80, 31);
  const x = image(randomAnchors(1, 32), 0);
  const classes = [3, 33, 63].map((at) => [text(anchors, at)]);

  test("tells numbers from their digits, and puts anchors without the key, or with an empty list, under null", async () => {
    const { explanation = [], groups = [] } = await explained(anchors, [x], classes, {
      top: ALL,
      groupBy: "owner",
    });
    const at = (id: string): number => anchors.findIndex((anchor) => anchor.id === id);
    const expected = new Map<string, number>();
    for (const { anchor, contribution } of explanation) {
      const owner = ownerAt(at(anchor)).owner ?? null;
      const shares = Array.isArray(owner) ? (owner.length === 0 ? [null] : owner) : [owner];
      for (const share of shares) {
        const key = JSON.stringify(share);
        expected.set(key, (expected.get(key) ?? 0) + contribution / shares.length);
      }
    }
    expect(new Set(groups.map(({ group }) => JSON.stringify(group)))).toEqual(new Set(expected.keys()));
    for (const { group, contribution } of groups)
      expect(contribution).toBeCloseTo(expected.get(JSON.stringify(group)) ?? NaN, 12);
    const strengths = groups.map(({ contribution }) => Math.abs(contribution));
    expect(strengths).toEqual(strengths.toSorted((a, b) => b - a));
  });

  test("names the class that was asked for, and takes the runner-up where that is the first itself", async () => {
    const { classes: ranked } = await explained(anchors, [x], classes, { top: 1 });
    const [first, second, third] = ranked.map(({ name }) => name);
    const against = async (name: string | undefined) =>
      (await explained(anchors, [x], classes, { top: 1, against: name ?? "" })).against?.name;
    expect(await against(third)).toBe(third);
    expect(await against("runner-up")).toBe(second);
    expect(await against(first)).toBe(second);
  });

  test("compares with a class of another name, for classes may share one", async () => {
    const view = await viewWith(anchors, ownerAt);
    const twin = text(anchors, 3);
    const input = ask([x], [[twin], [twin], [text(anchors, 33)]], {
      explain: { top: 1, against: "runner-up" },
    });
    const named = (names: string[]) =>
      classify(view, { ...input, classes: names.map((name) => ({ name, prompts: 1 })) });
    const [some] = await named(["fox", "fox", "owl"]);
    expect([some?.classes[0]?.name, some?.against?.name].sort()).toEqual(["fox", "owl"]);
    const [none] = await named(["fox", "fox", "fox"]);
    expect(none?.against).toBeNull();
  });

  test("is empty where nothing is remembered", async () => {
    const input = ask([x], classes, {
      explain: { top: 5, groupBy: "owner", against: "runner-up" },
      settings: settings(5, 2, { allow: new Uint8Array(anchors.length) }),
    });
    const [result] = await classify(await viewWith(anchors, ownerAt), input);
    expect(result).toMatchObject({
      explanation: [],
      others: { anchors: 0, contribution: 0 },
      groups: [],
      otherGroups: { groups: 0, contribution: 0 },
      against: { difference: 0, anchors: [], groups: [] },
    });
  });
});
