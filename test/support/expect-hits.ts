import { expect } from "vitest";
import type { SearchHit } from "../../src/api/queries.ts";
import type { Modality } from "../../src/types.ts";
import { compareUtf8 } from "./naive-asif.ts";
import type { NaiveRecord } from "./naive-collection.ts";

/** What there was to be found, and how alike each is to the query; undefined where only the rest can be told. */
export interface Expected {
  readonly eligible: readonly NaiveRecord[];
  readonly limit: number;
  readonly score?: (anchor: NaiveRecord) => number;
  /** How far a score may be off. */
  readonly within: number;
  /** Whether the best must all be there. */
  readonly complete: boolean;
  /** Anchors of one direction in this modality score the same to the last bit. */
  readonly tied?: Modality;
}

/**
 * That hits are what a plain loop over `eligible` finds: live, distinct, as many as asked for, with their own captions,
 * best first, equal scores by id, and nothing left out that is better, but for what float32 cannot tell apart.
 */
export const expectHits = (hits: readonly SearchHit[], expected: Expected): void => {
  const { eligible, limit, score, within, complete, tied } = expected;
  const known = new Map<string, NaiveRecord>(eligible.map((anchor) => [anchor.id, anchor]));
  const found = new Set<string>(hits.map(({ id }) => id));
  expect(found.size, "hits are distinct").toBe(hits.length);
  if (complete) expect(hits, "as many as there are").toHaveLength(Math.min(limit, eligible.length));
  else expect(hits.length).toBeLessThanOrEqual(Math.min(limit, eligible.length));
  hits.forEach((hit, i) => {
    const anchor = known.get(hit.id);
    expect(anchor, `"${hit.id}" may be found`).toBeDefined();
    if (anchor === undefined) return;
    expect([hit.text, hit.metadata]).toEqual([anchor.caption, anchor.metadata]);
    if (score !== undefined) expectNear(hit.score, score(anchor), within, `the score of "${hit.id}"`);
    const next = hits[i + 1];
    if (next === undefined) return;
    expect(hit.score, "best first").toBeGreaterThanOrEqual(next.score);
    if (hit.score === next.score) expect(compareUtf8(hit.id, next.id), "ties by id").toBeLessThan(0);
  });
  const left = eligible.filter(({ id }) => !found.has(id));
  const last = hits.at(-1);
  if (complete && last !== undefined && score !== undefined) {
    for (const anchor of left)
      expect(score(anchor), `"${anchor.id}" is left out`).toBeLessThanOrEqual(last.score + within);
  }
  if (tied !== undefined) expectTies(hits, known, left, tied, complete);
};

/** Of anchors with the same direction all score the same, and the first by id are there. */
const expectTies = (
  hits: readonly SearchHit[],
  known: ReadonlyMap<string, NaiveRecord>,
  left: readonly NaiveRecord[],
  modality: Modality,
  complete: boolean,
): void => {
  const groups = new Map<string, SearchHit>();
  for (const hit of hits) {
    const direction = directionOf(known.get(hit.id)?.[modality] ?? []);
    expect(hit.score, "equal vectors score the same").toBe((groups.get(direction) ?? hit).score);
    groups.set(direction, hit);
  }
  if (!complete) return;
  for (const anchor of left) {
    const last = groups.get(directionOf(anchor[modality]));
    if (last !== undefined)
      expect(compareUtf8(last.id, anchor.id), `"${anchor.id}" is left out for "${last.id}"`).toBeLessThan(0);
  }
};

/** The same for all multiples of a vector by a power of two. */
const directionOf = (vector: readonly number[]): string => {
  const largest = Math.max(...vector.map(Math.abs));
  return vector.map((value) => value / largest + 0).join();
};

export const expectNear = (found: number, expected: number, within: number, what: string): void => {
  if (!(Math.abs(found - expected) <= within))
    expect(found, what).toBeCloseTo(expected, -Math.log10(2 * within));
};
