import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { relativeRepresentations } from "../../../src/asif/index.ts";
import { coverage } from "../../../src/features/coverage/coverage.ts";
import { riskOf } from "../../../src/features/coverage/risk.ts";
import type { AnchorId, Metadata, Sequence, Transform } from "../../../src/types.ts";
import { openAnchorSpace } from "../../../src/retrieval/index.ts";
import { randomAnchors, viewOf } from "../../support/anchor-space.ts";
import { cosine, naiveRelative } from "../../support/naive-asif.ts";

const DIMENSIONS = { image: 12, text: 10 };
const flat = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());
const classesOf = (sizes: readonly number[]) => sizes.map((prompts, i) => ({ name: `class ${i}`, prompts }));
const settingsOf = (k: number, p: number, transform: Transform = "none") => ({ k, p, transform });

describe("coverage", () => {
  it("is as its definitions say, computed the long way", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(1, 2, 6),
        async (seed, count, k, p) => {
          const anchors = randomAnchors(count, seed, DIMENSIONS);
          const prompts = randomAnchors(3, seed + 1, DIMENSIONS).map(({ text }) => text);
          const view = await viewOf(anchors);
          const input = { prompts: flat(prompts), classes: classesOf([1, 1, 1]), top: 3 };
          const found = await coverage(view, { ...input, settings: settingsOf(k, p) });
          const rows = prompts.map((prompt) => naiveRelative(anchors, "text", prompt, { k, p }));
          rows.forEach((row, i) => {
            const covered = found.classes[i];
            const weights = row.map((value) => value * value);
            if (weights.every((weight) => weight === 0)) {
              expect(covered).toMatchObject({ anchors: 0, effectiveAnchors: 0, nearest: [] });
              return;
            }
            const entropy = -weights.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w) : 0), 0);
            expect(covered?.effectiveAnchors).toBeCloseTo(Math.exp(entropy), 3);
            let [sum, total] = [0, 0];
            anchors.forEach((a, x) => {
              anchors.forEach((b, y) => {
                if (x === y) return;
                const weight = (weights[x] ?? 0) * (weights[y] ?? 0);
                sum += weight * cosine(a.image, b.image);
                total += weight;
              });
            });
            if (weights.filter((weight) => weight > 0).length < 2) expect(covered?.imageCoherence).toBeNull();
            else if (total > 1e-6) expect(covered?.imageCoherence).toBeCloseTo(sum / total, 2);
            const similarities = anchors.map(({ text }) => cosine(text, prompts[i] ?? []));
            expect(covered?.nearest[0]?.similarity).toBeCloseTo(Math.max(...similarities), 4);
            const others = rows.map((other, j) =>
              j === i || other.every((value) => value === 0) ? 0 : cosine(row, other),
            );
            expect(covered?.overlap?.overlap).toBeCloseTo(Math.max(...others), 4);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("sees a class of several prompts as their mean", async () => {
    const anchors = randomAnchors(30, 3, DIMENSIONS);
    const view = await viewOf(anchors);
    const prompts = flat(randomAnchors(3, 4, DIMENSIONS).map(({ text }) => text));
    const settings = settingsOf(8, 2);
    const found = await coverage(view, { prompts, classes: classesOf([2, 1]), settings, top: 30 });
    const { representations } = await relativeRepresentations(view, "text", prompts, settings);
    const both = new Set(representations.slots.subarray(0, representations.offsets[2] ?? 0));
    expect(found.classes[0]?.anchors).toBe(both.size);
    const weights = found.classes[0]?.nearest.reduce((sum, { weight }) => sum + weight, 0);
    expect(weights).toBeCloseTo(1, 9);
  });

  it("lists overlapping pairs once, the most overlapping first", async () => {
    const view = await viewOf(randomAnchors(40, 9, DIMENSIONS));
    const [a = [], b = []] = randomAnchors(2, 10, DIMENSIONS).map(({ text }) => text);
    const prompts = flat([a, b, a]);
    const input = { prompts, classes: classesOf([1, 1, 1]), settings: settingsOf(20, 2) };
    const found = await coverage(view, { ...input, top: 2 });
    expect(found.overlaps[0]).toMatchObject({ first: 0, second: 2, names: ["class 0", "class 2"] });
    expect(found.overlaps[0]?.overlap).toBeCloseTo(1, 12);
    expect(found.overlaps).toHaveLength(2);
    expect(found.classes[2]?.overlap).toMatchObject({ with: "class 0", index: 0 });
    expect(found.classes[1]?.overlap?.index).toBe(0);
  });
});

/** Pairs of a topic: captions and images near the topic's own, unless its images are said to differ. */
const topicAnchors = (
  topics: readonly { readonly name: string; readonly at: number; readonly differ?: boolean }[],
  each: number,
) =>
  topics.flatMap(({ name, at, differ = false }) =>
    Array.from({ length: each }, (_, i) => {
      const image = new Float32Array(40).fill(0.01);
      image[differ ? (at + 3 * i) % 40 : at] = 1;
      const text = new Float32Array(40).fill(0.01);
      text[at] = 1;
      text[(at + 1 + i) % 40] = 0.2;
      const metadata: Metadata = { vendor: i % 2 === 0 ? "red" : "blue", topic: name };
      return {
        id: `${name} ${i}` as AnchorId,
        caption: `${name} ${i}`,
        metadata,
        imageVector: image,
        textVector: text,
      };
    }),
  );

const openTopics = async (topics: Parameters<typeof topicAnchors>[0], each: number) => {
  const space = await openAnchorSpace({ imageDimension: 40, textDimension: 40, transform: "none" });
  space.apply({ sequence: 1 as Sequence, upserts: topicAnchors(topics, each), deletes: [] });
  return space.view();
};

const axis = (...at: readonly number[]): number[] => {
  const row = new Array<number>(40).fill(0.01);
  for (const i of at) row[i] = 1;
  return row;
};

const reasons = async (
  view: Awaited<ReturnType<typeof openTopics>>,
  prompts: readonly (readonly number[])[],
  groupBy?: string,
) => {
  const found = await coverage(view, {
    prompts: flat(prompts),
    classes: classesOf(prompts.map(() => 1)),
    settings: settingsOf(6, 6),
    top: 5,
    ...(groupBy === undefined ? {} : { groupBy }),
  });
  return found.classes;
};

describe("advice", () => {
  const topics = Array.from({ length: 10 }, (_, i) => ({ name: `topic ${i}`, at: 2 * i }));

  it("is not given to a class that is as well supported as the collection's own captions", async () => {
    const [good] = await reasons(await openTopics(topics, 6), [axis(0)]);
    expect(good?.advice).toEqual([]);
    expect(good?.effectiveAnchors).toBeCloseTo(6, 1);
  });

  it("says that captions are far where none is about the class", async () => {
    const [far] = await reasons(await openTopics(topics, 6), [axis(30, 35)]);
    expect(far?.advice.map(({ reason }) => reason)).toContain("far-captions");
    const advice = far?.advice.find(({ reason }) => reason === "far-captions");
    expect(advice?.measured).toBeLessThan(advice?.usual ?? 0);
    expect(advice?.message).toContain("Add pairs whose captions name it");
  });

  it("says that images differ where the pictures of what is described alike do", async () => {
    const mixed = [...topics.slice(0, 9), { name: "mixed", at: 30, differ: true }];
    const [, mixedUp] = await reasons(await openTopics(mixed, 30), [axis(0), axis(30)]);
    expect(mixedUp?.advice.map(({ reason }) => reason)).toEqual(["incoherent-images"]);
  });

  it("says that few anchors stand for a class", async () => {
    const view = await openTopics([...topics.map((topic) => topic)], 6);
    const single = await openAnchorSpace({ imageDimension: 40, textDimension: 40, transform: "none" });
    single.apply({
      sequence: 1 as Sequence,
      upserts: [
        ...topicAnchors(topics, 6),
        { ...topicAnchors([{ name: "lone", at: 35 }], 1)[0] },
      ] as ReturnType<typeof topicAnchors>,
      deletes: [],
    });
    const [lone] = await reasons(single.view(), [axis(35)]);
    expect(lone?.effectiveAnchors).toBeLessThan(1.5);
    expect(lone?.advice.map(({ reason }) => reason)).toContain("few-anchors");
    const [none] = await reasons(view, [axis(0)]);
    expect(none?.advice.map(({ reason }) => reason)).not.toContain("few-anchors");
  });

  it("names the class that a class is confused with", async () => {
    const classes = await reasons(await openTopics(topics, 6), [axis(0), axis(0), axis(10)]);
    expect(classes[0]?.advice).toMatchObject([{ reason: "confused-with", with: "class 1" }]);
    expect(classes[1]?.advice).toMatchObject([{ reason: "confused-with", with: "class 0" }]);
    expect(classes[2]?.advice).toEqual([]);
    expect(classes[0]?.risk).toBeGreaterThan(classes[2]?.risk ?? 1);
  });

  it("shares a class out by a metadata key and names common values that are missing", async () => {
    const [found] = await reasons(await openTopics(topics, 6), [axis(0)], "vendor");
    expect(found?.groups?.map(({ group }) => group).sort()).toEqual(["blue", "red"]);
    expect(found?.groups?.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
    const [byTopic] = await reasons(await openTopics(topics, 6), [axis(0)], "topic");
    expect(byTopic?.groups?.[0]?.group).toBe("topic 0");
    expect(byTopic?.advice.map(({ reason }) => reason)).toContain("missing-group");
    expect(byTopic?.advice.map(({ group }) => group)).toContain("topic 5");
  });
});

describe("the predicted risk", () => {
  it("falls with coherence and near captions, rises with overlap, and is 1 without anchors", () => {
    const signs = { imageCoherence: 0.2, nearestSimilarity: 0.7, overlap: 0.5 };
    const risk = riskOf(signs);
    expect(riskOf({ ...signs, imageCoherence: 0.3 })).toBeLessThan(risk);
    expect(riskOf({ ...signs, nearestSimilarity: 0.8 })).toBeLessThan(risk);
    expect(riskOf({ ...signs, overlap: 0.6 })).toBeGreaterThan(risk);
    expect(riskOf({ ...signs, imageCoherence: null })).toBe(riskOf({ ...signs, imageCoherence: -1 }));
    expect(riskOf({ ...signs, nearestSimilarity: null })).toBe(1);
  });
});
