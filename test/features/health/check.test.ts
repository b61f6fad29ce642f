import { afterAll, describe, expect, it } from "vitest";
import { classify, dealFolds } from "../../../src/asif/index.ts";
import { measureAgreement } from "../../../src/features/health/agreement.ts";
import { CHECK_DEFAULTS, type CheckSettings, type ProblemKind } from "../../../src/features/health/api.ts";
import { numberCaptions } from "../../../src/features/health/captions.ts";
import { checkAnchors } from "../../../src/features/health/check.ts";
import { findSharedCaptions, findThinClasses, classesOf } from "../../../src/features/health/classes.ts";
import { findSameness, listDuplicates } from "../../../src/features/health/duplicates.ts";
import { createGroups } from "../../../src/features/health/groups.ts";
import { findOutliers } from "../../../src/features/health/outliers.ts";
import { findSpoilers } from "../../../src/features/health/spoilers.ts";
import { closeKernels, type AnchorView } from "../../../src/retrieval/index.ts";
import { randomAnchors, viewOf as viewOfPairs } from "../../support/anchor-space.ts";
import { conceptAnchors, viewOf, type TestAnchor } from "../../support/concept-anchors.ts";
import { cosine, naiveRelative } from "../../support/naive-asif.ts";
import { innerProduct } from "../../support/naive-index.ts";

afterAll(closeKernels);

const { signal } = new AbortController();
const advance = (): void => undefined;
const idsOf = (view: AnchorView, slots: Iterable<number>): string[] =>
  Array.from(slots, (slot) => view.entry(slot).id);

const checked = async (anchors: readonly TestAnchor[], settings: Partial<CheckSettings> = {}) => {
  const found = await checkAnchors(
    await viewOf(anchors),
    "max",
    { ...CHECK_DEFAULTS, ...settings },
    { signal, progress: () => undefined },
  );
  const kinds = new Map(found.problems.map((problem) => [problem.kind, problem]));
  return {
    ...found,
    of: (kind: ProblemKind) => {
      const problem = kinds.get(kind);
      if (problem === undefined) throw new Error(`no ${kind}`);
      return problem;
    },
  };
};

describe("groups", () => {
  it("are named by their least member, in whatever order they are joined", () => {
    const groups = createGroups(6);
    for (const [a, b] of [
      [5, 4],
      [4, 2],
      [1, 0],
    ] as const)
      groups.join(a, b);
    expect(Array.from({ length: 6 }, (_, i) => groups.rootOf(i))).toEqual([0, 0, 2, 3, 2, 2]);
  });
});

describe("duplicates", () => {
  it("are told apart by what is the same: the pair, the picture, or the caption", async () => {
    const anchors = conceptAnchors(12, 1);
    const [a, b, c] = anchors as [TestAnchor, TestAnchor, TestAnchor];
    const view = await viewOf([
      ...anchors,
      { ...a, id: "a-again" },
      { ...b, id: "b-renamed", caption: c.caption, textVector: c.textVector },
      { ...c, id: "c-respelled", caption: "CONCEPT 2", imageVector: c.imageVector.map((value) => -value) },
    ]);
    const captions = numberCaptions(view);
    const sameness = await findSameness(view, captions, CHECK_DEFAULTS, advance);
    const found = listDuplicates(view, captions, sameness);
    const named = (groups: typeof found.pairs) => groups.map(({ members }) => idsOf(view, members));
    expect(named(found.pairs)).toEqual([["a-again", a.id]]);
    expect(named(found.images)).toEqual([["b-renamed", b.id]]);
    expect(named(found.captions)).toEqual([["b-renamed", "c-respelled"]]);
    expect(found.captions[0]?.count).toBe(3);
  });

  it("are found in groups of more than are compared at once", async () => {
    const [one] = conceptAnchors(1, 1) as [TestAnchor];
    const copies = Array.from({ length: 300 }, (_, i) => ({ ...one, id: `copy-${i}` }));
    const found = await checked([...conceptAnchors(10, 1, { seed: 3 }), ...copies]);
    expect(found.of("duplicate-pairs")).toMatchObject({ count: 1, anchors: 300 });
    const [group] = found.of("duplicate-pairs").findings;
    expect([group?.count, group?.anchors.length]).toEqual([300, 20]);
  });
});

describe("the agreement of pictures and captions", () => {
  it("is the mean of both ranks by relative representations without the anchor, computed the long way", async () => {
    const anchors = randomAnchors(40, 5);
    const view = await viewOfPairs(anchors);
    const settings = { k: 7, p: 2, negatives: "cut", transform: "none" } as const;
    const captions = numberCaptions(view);
    const sameness = await findSameness(view, captions, { imageSimilarity: 1, textSimilarity: 1 }, advance);
    const { ranks } = await measureAgreement(view, captions, sameness, settings, { advance, signal });
    const rowsOf = (side: "image" | "text") =>
      anchors.map((anchor) =>
        naiveRelative(anchors, side, anchor[side], { ...settings, memory: ({ id }) => id !== anchor.id }),
      );
    const [images, texts] = [rowsOf("image"), rowsOf("text")];
    const rank = (own: number, others: readonly number[]): number =>
      others.reduce((sum, other) => sum + (other > own ? 1 : other === own ? 0.5 : 0), 0) / others.length;
    anchors.forEach(({ id }, i) => {
      const score = (image: number, text: number): number =>
        Math.fround(innerProduct(images[image] ?? [], texts[text] ?? []));
      const others = anchors.flatMap((_, j) => (j === i ? [] : [j]));
      const expected =
        (rank(
          score(i, i),
          others.map((j) => score(i, j)),
        ) +
          rank(
            score(i, i),
            others.map((j) => score(j, i)),
          )) /
        2;
      const slot = view.slotOf(id as Parameters<typeof view.slotOf>[0]);
      expect(ranks[slot ?? -1]).toBeCloseTo(expected, 6);
    });
  });

  it("lists swapped captions before all others", async () => {
    const anchors = conceptAnchors(60, 3);
    const [first] = anchors as [TestAnchor];
    const opposite = anchors.reduce((best, each) =>
      cosine(each.textVector, first.textVector) < cosine(best.textVector, first.textVector) ? each : best,
    );
    const far = [first, opposite] as const;
    const swap = (anchor: TestAnchor, other: TestAnchor): TestAnchor => ({
      ...anchor,
      caption: other.caption,
      textVector: other.textVector,
    });
    const swapped = anchors.map((anchor) => {
      if (anchor === far[0]) return swap(far[0], far[1]);
      return anchor === far[1] ? swap(far[1], far[0]) : anchor;
    });
    const found = await checked(swapped);
    const ids = found.of("mismatches").findings.map(({ anchors: [one] }) => one?.anchor);
    expect(ids.slice(0, 2).sort()).toEqual(far.map(({ id }) => id).sort());
    expect(found.of("mismatches").findings[0]?.beside).not.toBeNull();
  });

  it("is not asked for where there are too few captions to rank among", async () => {
    const found = await checked(conceptAnchors(5, 2));
    expect(found.of("mismatches")).toMatchObject({ count: 0, findings: [] });
    expect(found.of("mismatches").skipped).toMatch(/5 different captions/);
    expect(found.of("spoilers").skipped).toMatch(/20/);
  });
});

describe("outliers", () => {
  it("lie robust deviations below the median, by the closed form", () => {
    const image = Float64Array.of(0.5, 0.6, 0.4, 0.55, 0.45, -0.4);
    const text = new Float64Array(6).fill(0.3);
    const [only, ...rest] = findOutliers(Int32Array.of(0, 1, 2, 3, 4, 5), { image, text });
    expect(rest).toEqual([]);
    // The median is 0.475 and the median absolute deviation (0.075 + 0.075) / 2.
    expect(only).toEqual({
      slot: 5,
      modality: "image",
      deviations: expect.closeTo(0.875 / (1.4826 * 0.075), 10) as number,
    });
  });
});

describe("classes", () => {
  it("are thin below a quarter of the median, with each duplicate counted once", async () => {
    const anchors = conceptAnchors(5, 8).map((anchor, i) => ({ ...anchor, metadata: { tags: [i % 3] } }));
    const view = await viewOf(anchors.filter(({ caption }, i) => caption !== "concept 4" || i % 8 < 4));
    const classes = classesOf(view, undefined);
    const pairOf = (slot: number): string =>
      view.entry(slot).caption === "concept 4" ? "one" : view.entry(slot).id;
    expect(findThinClasses(classes, pairOf)).toMatchObject([{ value: "concept 4", support: 1, usual: 8 }]);
    expect(findThinClasses(classes, (slot) => view.entry(slot).id)).toEqual([]);
    expect(
      classesOf(view, "tags")
        .map(({ value, members }) => [value, members.length])
        .sort(),
    ).toEqual([
      [0, 12],
      [1, 12],
      [2, 12],
    ]);
    expect(findThinClasses(classesOf(view, "colour"), pairOf)).toBeNull();
  });

  it("whose caption ten anchors and four times the usual number share say little", () => {
    const sized = (sizes: readonly number[]) =>
      sizes.map((size, i) => ({ value: `caption ${i}`, members: Array.from({ length: size }, (_, j) => j) }));
    const shared = (sizes: readonly number[]) => findSharedCaptions(sized(sizes)).map(({ value }) => value);
    expect(shared([1, 1, 2, 10, 30])).toEqual(["caption 4", "caption 3"]);
    expect(shared([5, 5, 5, 19])).toEqual([]);
    expect(shared([])).toEqual([]);
  });
});

describe("anchors that spoil answers", () => {
  it("are those without which a classification gets more held-out questions right", async () => {
    const anchors = conceptAnchors(30, 3, { noise: 0.3, seed: 2 });
    const view = await viewOf(anchors);
    const settingsFor = () => ({ k: 10, p: 4, transform: "none" }) as const;
    const found = await findSpoilers(view, undefined, "max", settingsFor, { advance, signal });
    if (typeof found === "string") throw new Error(found);
    const spoiled = new Map<string, number>();
    const dealing = { folds: 5, repeats: 1, seed: 0, classes: 150, questions: 300 };
    for (const fold of dealFolds(view, dealing)) {
      const right = async (without: number | null): Promise<number> => {
        const allow = new Uint8Array(view.slotCount);
        for (const slot of fold.memory) if (slot !== without) allow[slot] = 1;
        const answers = await classify(view, {
          images: view.vectors("image", fold.images),
          prompts: view.vectors("text", fold.prompts),
          classes: fold.sizes.map((prompts, i) => ({ name: String(i), prompts })),
          ...{ ensemble: "max", top: 1, explain: 0, settings: { ...settingsFor(), allow } },
        });
        return answers.filter(({ classes: [first] }, i) => first?.name === String(fold.truths[i])).length;
      };
      const before = await right(null);
      for (const slot of fold.memory) {
        const { id } = view.entry(slot);
        spoiled.set(id, (spoiled.get(id) ?? 0) + (await right(slot)) - before);
      }
    }
    const expected = [...spoiled].filter(([, count]) => count >= 2);
    expect(expected.length).toBeGreaterThan(0);
    expect(new Map(found.map(({ slot, spoiled: count }) => [view.entry(slot).id as string, count]))).toEqual(
      new Map(expected),
    );
  });
});

describe("a check", () => {
  it("lists what concerns the most anchors first, and no more findings than it is asked for", async () => {
    const anchors = conceptAnchors(40, 2, { noise: 0.4 });
    const copies = anchors.slice(0, 7).map((anchor) => ({ ...anchor, id: `${anchor.id}-copy` }));
    const progress: [number, number][] = [];
    const found = await checkAnchors(
      await viewOf([...anchors, ...copies]),
      "max",
      { ...CHECK_DEFAULTS, limit: 3 },
      { signal, progress: (done, total) => progress.push([done, total]) },
    );
    const concerned = found.problems.map(({ anchors: count }) => count);
    expect(concerned).toEqual([...concerned].sort((a, b) => b - a));
    const pairs = found.problems.find(({ kind }) => kind === "duplicate-pairs");
    expect(pairs).toMatchObject({ count: 7, anchors: 14 });
    expect(pairs?.findings).toHaveLength(3);
    expect(progress.at(-1)?.[0]).toBe(progress.at(-1)?.[1]);
    expect(progress.every(([done], i) => done >= (progress[i - 1]?.[0] ?? 0))).toBe(true);
  });

  it("of no anchors finds nothing", async () => {
    const found = await checked([]);
    expect(found.problems.map(({ count }) => count)).toEqual(found.problems.map(() => 0));
  });

  it("stops as soon as it is cancelled", async () => {
    const controller = new AbortController();
    const view = await viewOf(conceptAnchors(40, 4));
    const running = checkAnchors(view, "max", CHECK_DEFAULTS, {
      signal: controller.signal,
      progress: () => controller.abort(),
    });
    await expect(running).rejects.toThrow(/abort/i);
  });
});
