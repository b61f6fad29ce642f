import { afterAll, describe, expect, test } from "vitest";
import { classify, createRepresentationCache, type ClassifyInput } from "../../src/asif/index.ts";
import { closeKernels } from "../../src/retrieval/index.ts";
import type { Sequence } from "../../src/types.ts";
import { idOf, openWith, randomAnchors, settings, upsertsOf } from "../support/anchor-space.ts";

afterAll(closeKernels);

const PAIRS = randomAnchors(88, 1);
const [ANCHORS, QUERIES] = [PAIRS.slice(0, 80), PAIRS.slice(80)];
const PROMPTS = QUERIES.map(({ text }) => text);

const input = (more: Partial<ClassifyInput> = {}): ClassifyInput => ({
  images: Float32Array.from(QUERIES[0]?.image ?? []),
  prompts: Float32Array.from(PROMPTS.flat()),
  classes: [3, 2, 3].map((prompts, i) => ({ name: String(i), prompts })),
  ensemble: "max",
  top: 3,
  explain: 4,
  settings: settings(12, 3),
  ...more,
});

describe("remembered prompts", () => {
  test("answer as prompts that are represented anew do, to the last bit", async () => {
    const view = (await openWith(ANCHORS)).view();
    const cache = createRepresentationCache();
    for (const ensemble of ["max", "mean"] as const) {
      for (const transform of ["none", "center", "whiten"] as const) {
        const asked = input({ ensemble, settings: settings(12, 3, { transform }) });
        const first = await classify(view, asked, cache);
        expect(await classify(view, asked, cache)).toEqual(first);
        expect(await classify(view, asked)).toEqual(first);
      }
    }
  });

  test("are forgotten with a write, be it a new anchor, another vector, or a deletion", async () => {
    const space = await openWith(ANCHORS);
    const cache = createRepresentationCache();
    const writes = [
      {
        upserts: upsertsOf(QUERIES.slice(0, 3)),
        deletes: [],
      },
      { upserts: upsertsOf(randomAnchors(20, 4)), deletes: [] },
      { upserts: [], deletes: ANCHORS.slice(20, 60).map(({ id }) => idOf(id)) },
    ];
    let before = await classify(space.view(), input(), cache);
    for (const [i, write] of writes.entries()) {
      space.apply({ sequence: (i + 2) as Sequence, ...write });
      const after = await classify(space.view(), input(), cache);
      expect(after).toEqual(await classify(space.view(), input()));
      expect(after).not.toEqual(before);
      before = after;
    }
  });

  test("are not taken for those of other settings, filters, ensembles or classes", async () => {
    const view = (await openWith(ANCHORS)).view();
    const cache = createRepresentationCache();
    const halves = [0, 1].map((rest) => view.bitmap(({ id }) => Number(id.split("-")[1]) % 2 === rest));
    const asked = [
      input(),
      input({ settings: settings(13, 3) }),
      input({ settings: settings(12, 3.5) }),
      input({ settings: settings(12, 3, { transform: "center" }) }),
      ...halves.map((allow) => input({ settings: settings(12, 3, { allow }) })),
      input({ ensemble: "mean" }),
      input({ ensemble: "mean", classes: [2, 3, 3].map((prompts, i) => ({ name: String(i), prompts })) }),
      input({ prompts: Float32Array.from(PROMPTS.toReversed().flat()) }),
    ];
    const answers: string[] = [];
    for (const one of [...asked, ...asked]) {
      const answer = await classify(view, one, cache);
      expect(answer).toEqual(await classify(view, one));
      answers.push(JSON.stringify(answer));
    }
    expect(new Set(answers).size).toBe(asked.length);
  });

  test("are not taken for those of another collection", async () => {
    const cache = createRepresentationCache();
    const [one, other] = [await openWith(ANCHORS), await openWith(randomAnchors(80, 5))];
    const first = await classify(one.view(), input(), cache);
    const second = await classify(other.view(), input(), cache);
    expect(second).not.toEqual(first);
    expect(second).toEqual(await classify(other.view(), input()));
  });
});
