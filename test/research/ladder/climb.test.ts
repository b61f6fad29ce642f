import { describe, expect, it } from "vitest";
import { climb, type Climbed } from "../../../research/ladder/climb.ts";
import { createRandom, normal } from "../../../src/math/random.ts";
import { followPointers, samplePointers } from "../../support/pointer-values.ts";

const LENGTH = 64;
const DEPTH = 9;
const DIMENSION = 256;

/** Random unit codes, one for each number below {@link LENGTH}. */
const unitCodes = (): Float64Array[] => {
  const random = createRandom(5);
  return Array.from({ length: LENGTH }, () => {
    const code = Float64Array.from({ length: DIMENSION }, () => normal(random));
    const norm = Math.hypot(...code);
    return code.map((value) => value / norm);
  });
};

const codes = unitCodes();
const codeOf = (number: number): Float64Array => codes[number] ?? new Float64Array(DIMENSION);

const nearest = (code: Float64Array): number => {
  let [best, highest] = [0, -Infinity];
  for (const [number, other] of codes.entries()) {
    let product = 0;
    for (let i = 0; i < DIMENSION; i++) product += (other[i] ?? 0) * (code[i] ?? 0);
    if (product > highest) [best, highest] = [number, product];
  }
  return best;
};

interface Walk {
  readonly sequence: readonly number[];
  readonly code: Float64Array;
  readonly lookups: number;
}

interface Found {
  readonly answer: number;
  readonly lookups: number;
}

/** Follows pointers by lookups in an associative memory; `fixed` stops at its depth whatever it has found. */
const walk = (sequences: readonly (readonly number[])[], depths: number, fixed: boolean): Promise<Found[]> =>
  climb<Walk, Found>(
    sequences.map((sequence) => ({ sequence, code: codeOf(0), lookups: 0 })),
    depths,
    (depth, walks) =>
      Promise.resolve(
        walks.map(({ sequence, code, lookups }): Climbed<Walk, Found> => {
          const place = nearest(code);
          const value = nearest(codeOf(sequence[place] ?? 0));
          const found = { answer: value, lookups: lookups + 1 };
          if (fixed ? depth === depths - 1 : value <= place) return { stop: true, answer: found };
          const next = value > place ? codeOf(value) : code;
          return { stop: false, state: { sequence, code: next, lookups: found.lookups } };
        }),
      ),
  );

const random = createRandom(1);
const questions = Array.from({ length: 200 }, (_, i) => {
  const { sequence } = samplePointers(random, LENGTH, i % DEPTH);
  return { sequence, ...followPointers(sequence) };
});
const sequences = questions.map(({ sequence }) => sequence);

describe("climbing by steps", () => {
  it("answers every pointer sequence in hops + 1 lookups and in its place", async () => {
    const found = await walk(sequences, DEPTH, false);
    expect(found).toEqual(questions.map(({ answer, hops }) => ({ answer, lookups: hops + 1 })));
  });

  it("takes fewer lookups than the deepest sequence needs", async () => {
    const found = await walk(sequences, DEPTH, false);
    expect(found.reduce((sum, { lookups }) => sum + lookups, 0) / found.length).toBeLessThan(DEPTH);
  });

  it("shows that a fixed depth of 4 fails from 4 hops on, but for chance", async () => {
    const found = await walk(sequences, 4, true);
    const right = questions.map(({ answer }, i) => found[i]?.answer === answer);
    expect(questions.every(({ hops }, i) => hops >= 4 || right[i])).toBe(true);
    const deep = right.filter((_, i) => (questions[i]?.hops ?? 0) >= 4);
    expect(deep.filter(Boolean).length).toBeLessThanOrEqual(deep.length * 0.05);
  });

  it("answers a batch as it answers each item alone", async () => {
    const alone = await Promise.all(sequences.slice(0, 20).map((sequence) => walk([sequence], DEPTH, false)));
    expect(await walk(sequences.slice(0, 20), DEPTH, false)).toEqual(alone.flat());
  });

  it("rejects a last step that does not stop", async () => {
    const on = climb([1], 2, (_, states) => Promise.resolve(states.map((state) => ({ stop: false, state }))));
    await expect(on).rejects.toThrow("the last step did not stop 1 items");
  });

  it("rejects a step that leaves out an item", async () => {
    const short = climb<number, number>([1, 2], 2, () => Promise.resolve([{ stop: true, answer: 1 }]));
    await expect(short).rejects.toThrow("step 0 returned 1 outcomes for 2 items");
  });
});

describe("sampled pointer sequences", () => {
  it("are those of the reference", () => {
    const random = createRandom(1);
    expect(samplePointers(random, 10, 0).sequence).toEqual([0, 0, 5, 9, 9, 2, 6, 7, 4, 9]);
    const one = samplePointers(random, 10, 1);
    expect(one).toEqual({ sequence: [6, 7, 2, 1, 0, 4, 4, 7, 2, 2], pointers: [6] });
    expect(followPointers(one.sequence)).toEqual({ answer: 4, hops: 1 });
    const three = samplePointers(random, 10, 3);
    expect(three).toEqual({ sequence: [1, 6, 3, 4, 2, 1, 8, 5, 0, 2], pointers: [1, 6, 8] });
    expect(followPointers(three.sequence)).toEqual({ answer: 0, hops: 3 });
  });
});
