import { z } from "zod";
import { median, wilsonInterval } from "../../math/statistics.ts";
import type { Neighbours, Slot } from "../types.ts";
import { EFFORTS } from "./efforts.ts";

const amount = z.number().nonnegative();

const pointSchema = z.strictObject({
  k: z.int().min(1),
  /** Number in {@link EFFORTS}. */
  effort: z.int().min(0),
  /** The share of the exact answers' neighbours that were found, and the lower end of its 95 % interval by Wilson. */
  recall: z.number().min(0).max(1),
  low: z.number().min(0).max(1),
  /** Rows and lists that a query read on average. */
  rows: amount,
  lists: amount,
  /** The median time of one query. */
  ms: amount,
});

export const partitionCurveSchema = z.strictObject({
  dimension: z.int(),
  lists: z.int(),
  /** Number of live rows at the time of the measurement. */
  anchors: z.int(),
  points: z.array(pointSchema),
});

/** The measured recall of partitions. */
export type PartitionCurve = z.infer<typeof partitionCurveSchema>;
export type PartitionPoint = z.infer<typeof pointSchema>;

/**
 * The measured k, each with the number of queries: the fewer the neighbours of one, the more it takes for an interval that
 * is narrow enough to show a recall of 0.99.
 */
const MEASURED = [
  { k: 10, queries: 256 },
  { k: 100, queries: 128 },
  { k: 800, queries: 64 },
] as const;
/** Scores within it are equal: anchors with the same caption have the same text vector, and any of them counts. */
const EQUAL = 1e-5;
/** No further effort is measured from this recall on, or where this share of the rows is read. */
const ENOUGH = 0.9995;
const TOO_MANY = 0.4;
/** Queries whose exact answers are searched at once. */
const AT_ONCE = 32;
/** Partitions have become worse where recall at the same effort has fallen by this much. */
const FALL = 0.005;

/** Partitions, and an exact index over the same rows. */
export interface MeasuredPartitions {
  readonly dimension: number;
  readonly lists: number;
  /** The stored vector of a slot. */
  readonly row: (slot: Slot) => Float32Array;
  readonly slots: ArrayLike<Slot>;
  /** @param queries `[b, dimension]` */
  readonly exact: (queries: Float32Array, k: number) => Promise<Neighbours>;
  readonly approximate: (
    query: Float32Array,
    k: number,
    effort: number,
  ) => Promise<{ readonly neighbours: Neighbours; readonly rows: number; readonly lists: number }>;
}

/**
 * Measures how much of the exact answers partitions find, by effort and k. The queries are stored rows at even intervals;
 * a row itself does not count as found. Recall may be lower for queries unlike the anchors. The interval takes neighbours
 * as independent, which those of one query are not quite.
 *
 * @param isClosed ends the measurement after the present query
 */
export const measurePartitions = async (
  partitions: MeasuredPartitions,
  isClosed: () => boolean = () => false,
): Promise<PartitionCurve> => {
  const { dimension, lists, slots } = partitions;
  const points: PartitionPoint[] = [];
  for (const { k, queries } of MEASURED) {
    if (k >= slots.length) break;
    const sample = await sampleOf(partitions, k, queries, isClosed);
    for (let effort = 0; effort < EFFORTS.length - 1 && !isClosed(); effort++) {
      const point = await measureEffort(partitions, sample, k, effort, isClosed);
      if (isClosed()) break;
      points.push(point);
      if (point.recall >= ENOUGH || point.rows > TOO_MANY * slots.length) break;
    }
  }
  return { dimension, lists, anchors: slots.length, points };
};

interface SampledQuery {
  readonly slot: Slot;
  /** The score of the k-th nearest other row. */
  readonly threshold: number;
}

const sampleOf = async (
  { slots, row, exact, dimension: d }: MeasuredPartitions,
  k: number,
  queries: number,
  isClosed: () => boolean,
): Promise<SampledQuery[]> => {
  const count = Math.min(queries, slots.length);
  const chosen = Array.from({ length: count }, (_, i) => slots[Math.floor((i * slots.length) / count)] ?? 0);
  const sample: SampledQuery[] = [];
  for (let first = 0; first < count && !isClosed(); first += AT_ONCE) {
    const some = chosen.slice(first, first + AT_ONCE);
    const rows = new Float32Array(some.length * d);
    some.forEach((slot, i) => rows.set(row(slot), i * d));
    const found = await exact(rows, k + 1);
    some.forEach((slot, i) => {
      const others = scoresOfOthers(found, i, slot);
      sample.push({ slot, threshold: others[Math.min(k, others.length) - 1] ?? -Infinity });
    });
  }
  return sample;
};

const scoresOfOthers = (
  { counts, width, slots, scores }: Neighbours,
  query: number,
  self: Slot,
): number[] => {
  const others: number[] = [];
  for (let i = query * width; i < query * width + (counts[query] ?? 0); i++)
    if (slots[i] !== self) others.push(scores[i] ?? 0);
  return others;
};

const measureEffort = async (
  { row, approximate }: MeasuredPartitions,
  sample: readonly SampledQuery[],
  k: number,
  effort: number,
  isClosed: () => boolean,
): Promise<PartitionPoint> => {
  let [hits, rows, lists] = [0, 0, 0];
  const times: number[] = [];
  for (const { slot, threshold } of sample) {
    if (isClosed()) break;
    const start = performance.now();
    const found = await approximate(row(slot), k + 1, effort);
    times.push(performance.now() - start);
    rows += found.rows;
    lists += found.lists;
    const near = scoresOfOthers(found.neighbours, 0, slot).filter((score) => score >= threshold - EQUAL);
    hits += Math.min(k, near.length);
    // Other requests run between two queries.
    await new Promise(setImmediate);
  }
  const [queries, trials] = [sample.length, k * sample.length];
  return {
    k,
    effort,
    recall: hits / trials,
    low: wilsonInterval(hits, trials).low,
    rows: rows / queries,
    lists: lists / queries,
    ms: median(times),
  };
};

/**
 * The measured effort that reads the fewest rows among those that surely reach the recall, at the smallest measured k that
 * is not below the requested one; undefined if none does. Rows and lists are interpolated between the measured k.
 */
export const partitionPointFor = (
  { points }: PartitionCurve,
  k: number,
  recall: number,
): PartitionPoint | undefined => {
  const measured = Math.min(...points.filter((point) => point.k >= k).map((point) => point.k));
  const [best] = points
    .filter((point) => point.k === measured && point.low >= recall)
    .sort((a, b) => a.rows - b.rows);
  return best === undefined ? undefined : interpolated(points, best, k);
};

/** What an effort reads at k; undefined where it was not measured at that k or above. */
export const partitionEffortAt = (
  { points }: PartitionCurve,
  k: number,
  effort: number,
): PartitionPoint | undefined => {
  const [above] = points.filter((point) => point.effort === effort && point.k >= k).sort((a, b) => a.k - b.k);
  return above === undefined ? undefined : interpolated(points, above, k);
};

const interpolated = (
  points: readonly PartitionPoint[],
  above: PartitionPoint,
  k: number,
): PartitionPoint => {
  const [below] = points
    .filter((point) => point.effort === above.effort && point.k <= k)
    .sort((a, b) => b.k - a.k);
  if (below === undefined || below.k === above.k) return above;
  const share = Math.log(k / below.k) / Math.log(above.k / below.k);
  const between = (from: number, to: number): number => from + share * (to - from);
  return {
    ...above,
    rows: between(below.rows, above.rows),
    lists: between(below.lists, above.lists),
    ms: between(below.ms, above.ms),
  };
};

/**
 * Whether recall at some effort has fallen so much since an earlier measurement that partitions should be built anew: by
 * 0.005, and below what that measurement's interval allows.
 */
export const hasFallen = (before: PartitionCurve, now: PartitionCurve): boolean =>
  now.points.some(({ k, effort, recall }) =>
    before.points.some(
      (point) =>
        point.k === k && point.effort === effort && point.recall - recall >= FALL && recall < point.low,
    ),
  );
