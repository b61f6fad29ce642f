import { z } from "zod";
import { createRandom } from "../math/random.ts";
import { codesMs, graphMs, type Costs } from "./costs.ts";
import type { GraphProfile } from "./profile.ts";
import type { Neighbours, Slot } from "./types.ts";
import { median, populationDeviation } from "../math/statistics.ts";

const pointSchema = z.strictObject({
  k: z.int().min(1),
  ef: z.int().min(1),
  /** The mean recall over the sampled queries, and its standard error. */
  recall: z.number().min(0).max(1),
  error: z.number().nonnegative(),
  /** The median time of one query. */
  ms: z.number().nonnegative(),
});

export const curveSchema = z.strictObject({
  dimension: z.int(),
  /** Number of vectors in the graph at the time of the measurement. */
  anchors: z.int(),
  m: z.int(),
  efConstruction: z.int(),
  points: z.array(pointSchema),
});

/** The measured recall and time of a graph. */
export type RecallCurve = z.infer<typeof curveSchema>;
export type RecallPoint = z.infer<typeof pointSchema>;

const LADDERS: readonly { readonly k: number; readonly efs: readonly number[]; readonly queries: number }[] =
  [
    { k: 10, efs: [16, 32, 64, 128, 256, 512, 1_024], queries: 100 },
    { k: 100, efs: [100, 200, 400, 800, 1_600], queries: 40 },
    { k: 800, efs: [800, 1_600, 3_200], queries: 16 },
  ];
/** Scores within it are equal: anchors with the same caption have the same text vector, and any of them counts. */
const EQUAL = 1e-5;
/** Number of copies of a vector, itself included, among which the nearest different vector is searched. */
const LIKE_ITSELF = 64;
/** A curve applies to a graph of at most this factor more or fewer vectors. */
const GROWTH = 1.4;
/** No larger ef is measured from this recall on, */
const ENOUGH = 0.9995;
/** nor one that takes this factor longer than the exact index. */
const TOO_SLOW = 1.5;

/** A graph, and an exact index over the same vectors. */
export interface MeasuredGraph {
  readonly dimension: number;
  /** A stored vector in the space of both indexes. */
  readonly row: (slot: Slot) => Float32Array;
  /** Live slots that are in both indexes. */
  readonly slots: ArrayLike<Slot>;
  /** The nearest of them. */
  readonly exact: (query: Float32Array, k: number) => Promise<Neighbours>;
  readonly approximate: (query: Float32Array, k: number, ef: number) => Promise<Neighbours>;
}

export interface MeasureOptions {
  readonly profile: GraphProfile;
  readonly costs: Costs;
  /** Number of sampled queries, as a multiple of what choosing ef needs. */
  readonly effort?: number;
  /** Whether to measure also points that are too slow to be chosen. */
  readonly all?: boolean;
  readonly onPoint?: (point: RecallPoint) => void;
  readonly isClosed?: () => boolean;
}

/**
 * Measures a graph against the exact index, with queries as far from the stored vectors as those are from each other.
 * Stored vectors themselves are found too easily, because the graph links each to its neighbours. A neighbour counts
 * as found if it is as near as the k-th exact one, as in ann-benchmarks (Aumüller et al., arXiv 1807.05614, section
 * 2.1). Recall may be lower for queries unlike the anchors.
 */
export const measureRecall = async (graph: MeasuredGraph, options: MeasureOptions): Promise<RecallCurve> => {
  const { profile, costs, effort = 1, all = false } = options;
  const { slots, dimension } = graph;
  const anchors = slots.length;
  const points: RecallPoint[] = [];
  for (const { k, efs, queries } of LADDERS) {
    if (k >= anchors) break;
    const sample = await madeQueries(graph, Math.min(anchors, Math.round(queries * effort)));
    const thresholds: number[] = [];
    for (const query of sample) thresholds.push(await thresholdOf(graph, query, k));
    const work = { rows: anchors, allowed: anchors, dimension, batch: 1, k, proof: true };
    const limit = TOO_SLOW * codesMs(costs, work);
    for (const ef of efs) {
      if (options.isClosed?.() === true) return curveOf(points);
      if (!all && graphMs(costs, { anchors, dimension, batch: 1, ef }) > 2 * limit) break;
      const point = await measurePoint(graph, sample, thresholds, { k, ef });
      points.push(point);
      options.onPoint?.(point);
      if (point.recall >= ENOUGH || (!all && point.ms > limit)) break;
    }
  }
  return curveOf(points);

  function curveOf(measured: RecallPoint[]): RecallCurve {
    const { m, efConstruction } = profile.hnsw;
    return { dimension, anchors, m, efConstruction, points: measured };
  }
};

/**
 * Stored vectors x at even intervals, each rotated towards the difference of two others until its similarity to x
 * equals that of the nearest different stored vector.
 */
const madeQueries = async (graph: MeasuredGraph, count: number): Promise<Float32Array[]> => {
  const { slots, row, exact } = graph;
  const random = createRandom(1);
  const any = (): Float32Array => row(slots[Math.floor(random.next() * slots.length)] ?? 0);
  const queries: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const x = row(slots[Math.floor((i * slots.length) / count)] ?? 0);
    const { scores } = await exact(x, LIKE_ITSELF);
    // Copies of x are skipped, because a query equal to a stored vector is found too easily.
    const nearest = scores.find((score) => score < 1 - EQUAL) ?? 1;
    queries.push(turned(x, any(), any(), Math.max(0, nearest)));
  }
  return queries;
};

/** The unit vector at cosine `cosine` to `x` in the plane of `x` and `y - z`. */
const turned = (x: Float32Array, y: Float32Array, z: Float32Array, cosine: number): Float32Array => {
  let along = 0;
  for (let i = 0; i < x.length; i++) along += ((y[i] ?? 0) - (z[i] ?? 0)) * (x[i] ?? 0);
  const across = x.map((value, i) => (y[i] ?? 0) - (z[i] ?? 0) - along * value);
  const norm = Math.hypot(...across);
  if (norm < 1e-6) return x;
  const share = Math.sqrt(1 - cosine * cosine) / norm;
  return x.map((value, i) => cosine * value + share * (across[i] ?? 0));
};

/** The score of the k-th nearest vector. */
const thresholdOf = async ({ exact }: MeasuredGraph, query: Float32Array, k: number): Promise<number> => {
  const { scores, counts } = await exact(query, k);
  return scores[(counts[0] ?? 0) - 1] ?? -Infinity;
};

const measurePoint = async (
  { approximate }: MeasuredGraph,
  sample: readonly Float32Array[],
  thresholds: readonly number[],
  { k, ef }: { readonly k: number; readonly ef: number },
): Promise<RecallPoint> => {
  const recalls = new Float64Array(sample.length);
  const times = new Float64Array(sample.length);
  let hits = 0;
  for (const [i, query] of sample.entries()) {
    const start = performance.now();
    const { scores, counts } = await approximate(query, k, Math.max(ef, k));
    times[i] = performance.now() - start;
    const threshold = (thresholds[i] ?? 0) - EQUAL;
    let found = 0;
    for (let j = 0; j < (counts[0] ?? 0); j++) {
      if ((scores[j] ?? 0) >= threshold) found++;
    }
    hits += Math.min(k, found);
    recalls[i] = Math.min(k, found) / k;
    // Other requests run between two queries.
    await new Promise(setImmediate);
  }
  const recall = hits / (k * sample.length);
  const error = populationDeviation(recalls, recall) / Math.sqrt(recalls.length);
  return { k, ef, recall, error, ms: median(times) };
};

/** Whether an earlier measurement applies to a graph now. */
export const curveHolds = (
  curve: RecallCurve,
  now: { readonly dimension: number; readonly anchors: number; readonly profile: GraphProfile },
): boolean =>
  curve.dimension === now.dimension &&
  curve.m === now.profile.hnsw.m &&
  curve.efConstruction === now.profile.hnsw.efConstruction &&
  now.anchors <= GROWTH * curve.anchors &&
  curve.anchors <= GROWTH * now.anchors;

/**
 * The smallest measured ef that reaches the recall, less one standard error, at the smallest measured k that is not
 * below the requested one, because fewer neighbours are not harder to find. Undefined if none does.
 */
export const pointFor = (curve: RecallCurve, k: number, recall: number): RecallPoint | undefined => {
  const measured = Math.min(...curve.points.filter((point) => point.k >= k).map((point) => point.k));
  return curve.points
    .filter((point) => point.k === measured && point.recall - point.error >= recall)
    .sort((a, b) => a.ef - b.ef)[0];
};
