import { z } from "zod";
import { availableThreads } from "../machine-limits.ts";
import { candidatesFor } from "./codes/candidates.ts";

const cost = z.number().nonnegative();

const costsSchema = z.strictObject({
  flat: z.strictObject({ search: cost, scan: cost, list: cost, keep: cost, rescore: cost }),
  batch: z.strictObject({
    search: cost,
    pack: cost,
    multiply: cost,
    choose: cost,
    keep: cost,
    rescore: cost,
  }),
  product: z.strictObject({ search: cost, read: cost, multiply: cost, keep: cost, rescore: cost }),
  hnsw: z.strictObject({ search: cost, visit: cost }),
});

/**
 * The cost model: the time of one unit of each kind of work on one thread of a machine, in ms. Flat: `search`, each query;
 * `scan`, each code that is read in order; `list`, each code of a row that a filter lets through, read where it is; `keep`,
 * each score that is among the best so far; `rescore`, each number of a row that is scored in float32. Batch: the same, but
 * `pack`, each code, however many queries there are, `multiply`, each code for each query, and `choose`, each product.
 * Product, of float32 rows with several queries: `read`, each number of each row, however many queries there are; `multiply`,
 * each for each query. HNSW: `search`, each query; `visit`, each number of each vector that is compared.
 */
export type Costs = z.infer<typeof costsSchema>;

export const parseCosts = (value: unknown): Costs | undefined => costsSchema.safeParse(value).data;

/** Measured by `measureCosts` on two cores of a server of 2023; used until this machine is measured. */
export const DEFAULT_COSTS: Costs = {
  flat: { search: 0.02, scan: 4.5e-8, list: 7e-8, keep: 2e-5, rescore: 1e-6 },
  batch: { search: 0.1, pack: 3.2e-7, multiply: 5.2e-9, choose: 2e-7, keep: 3e-5, rescore: 1e-6 },
  product: { search: 0.02, read: 4e-7, multiply: 2.8e-8, keep: 4e-5, rescore: 3e-7 },
  hnsw: { search: 0.02, visit: 5e-7 },
};

let current: Costs = DEFAULT_COSTS;

/** The costs of the current machine, or the defaults until it is measured. */
export const currentCosts = (): Costs => current;

export const useCosts = (costs: Costs): void => {
  current = costs;
};

/** A search over codes. */
export interface CodesWork {
  /** Number of rows, and how many of them may be found. */
  readonly rows: number;
  readonly allowed: number;
  readonly dimension: number;
  readonly batch: number;
  readonly k: number;
  /** Whether the answer is proven, see `IndexSearch`. */
  readonly proof: boolean;
}

export interface GraphWork {
  readonly anchors: number;
  readonly dimension: number;
  readonly batch: number;
  readonly ef: number;
}

/** Share of the rows up to which a filter's rows are read one by one: farther apart, each takes longer than ten in order. */
const LISTED_SHARE = 0.1;
/** A search that takes less stays on the main thread, for handing it over costs more than it frees. */
export const MAIN_MS = 0.3;
/** A range of fewer rows is not split between idle threads. */
export const SPLIT_ROWS = 50_000;
/** From so many queries on one product for all of them is faster than a scan for each. */
export const BATCHED = 9;
/** What a further thread adds to the speed of one: they share the memory's bandwidth. */
const FURTHER_THREAD = 0.65;

/** Whether a filter lets through so few rows that they are read one by one. */
export const isListed = ({ rows, allowed }: Pick<CodesWork, "rows" | "allowed">): boolean =>
  allowed <= LISTED_SHARE * rows;

/** The number of units of each of `Costs["flat"]`, for one query. */
export const flatCounts = (work: Omit<CodesWork, "batch">): Costs["flat"] => {
  const { rows, allowed, dimension: d } = work;
  const wanted = Math.max(1, Math.min(allowed, candidatesFor(work.k, work.proof)));
  const scored = wanted === allowed ? 0 : 1;
  return {
    search: 1,
    scan: isListed(work) ? 0 : scored * rows * d,
    list: isListed(work) ? scored * allowed * d : 0,
    keep: scored * kept(wanted, allowed),
    rescore: rescored(work, wanted) * d,
  };
};

/** The number of units of each of `Costs["batch"]`. */
export const batchCounts = (work: CodesWork): Costs["batch"] => {
  const { rows, allowed, dimension: d, batch } = work;
  const wanted = Math.max(1, Math.min(allowed, candidatesFor(work.k, work.proof)));
  return {
    search: batch,
    pack: Math.ceil(batch / QUERIES_AT_ONCE) * rows * d,
    multiply: batch * rows * d,
    choose: batch * rows,
    // Thresholds from a sample let little more through than is kept.
    keep: batch * 2 * wanted,
    rescore: batch * rescored(work, wanted) * d,
  };
};

/** The number of units of each of `Costs["product"]`. */
export const productCounts = ({ rows, allowed, dimension: d, batch, k }: CodesWork): Costs["product"] => {
  const wanted = Math.max(1, Math.min(allowed, candidatesFor(k, false)));
  return {
    search: batch,
    read: Math.ceil(batch / FLOATS_AT_ONCE) * rows * d,
    multiply: batch * rows * d,
    keep: batch * kept(wanted, allowed),
    rescore: batch * wanted * d,
  };
};

/** Queries of one product of codes. */
export const QUERIES_AT_ONCE = 64;
/** Queries of one product of float32 rows, for which all rows are copied. */
export const FLOATS_AT_ONCE = 256;

/** In random order, row i is among the k best so far with probability k / i. */
const kept = (k: number, rows: number): number => k * (1 + Math.log(Math.max(1, rows / k)));

/** About how many candidates are scored again: where the answer is proven, those that may be among the best. */
const rescored = ({ k, proof, allowed }: Omit<CodesWork, "batch">, wanted: number): number =>
  proof && wanted < allowed ? Math.min(wanted, 3 * k + 50) : wanted;

/** The number of units of each of `Costs["hnsw"]`; it grows with ef and the size of the graph. */
export const graphCounts = ({ anchors, dimension, batch, ef }: GraphWork): Costs["hnsw"] => ({
  search: batch,
  visit: batch * dimension * ef * Math.log(Math.max(2, anchors)),
});

const total = <T extends Readonly<Record<string, number>>>(costs: T, counts: T): number =>
  Object.entries(counts).reduce((sum, [name, count]) => sum + count * (costs[name] ?? 0), 0);

/** The estimated time of one query on one thread, in ms. */
export const queryMs = (costs: Costs, work: Omit<CodesWork, "batch">): number =>
  total(costs.flat, flatCounts(work));

/** How many times as fast as one so many threads are. */
export const speedOf = (threads: number): number => 1 + FURTHER_THREAD * (Math.max(1, threads) - 1);

/** How queries are answered: each by a scan, or together by products of codes or of float32 rows. */
export type SearchMeans = "scans" | "codes" | "floats";

/** The means that takes least time by estimate, and that time on one thread. */
export const cheapestMeans = (
  costs: Costs,
  work: CodesWork,
): { readonly means: SearchMeans; readonly ms: number } => {
  const { batch, k, proof, allowed } = work;
  const scans = batch * queryMs(costs, work);
  const codes = allowed > candidatesFor(k, proof) ? total(costs.batch, batchCounts(work)) : Infinity;
  const floats = allowed > candidatesFor(k, false) ? total(costs.product, productCounts(work)) : Infinity;
  const ms = Math.min(scans, codes, floats);
  if (batch < BATCHED || isListed(work) || scans < MAIN_MS || ms === scans)
    return { means: "scans", ms: scans };
  return { means: ms === codes ? "codes" : "floats", ms };
};

/** On how many threads queries are searched for, each by a scan. */
export const threadsFor = (work: CodesWork, threads = availableThreads()): number => {
  const pieces = work.batch > 1 ? work.batch : work.rows >= SPLIT_ROWS && !isListed(work) ? threads : 1;
  return Math.min(threads, pieces);
};

/** The estimated time of a search over codes, in ms. */
export const codesMs = (costs: Costs, work: CodesWork, threads = availableThreads()): number => {
  const { means, ms } = cheapestMeans(costs, work);
  if (means !== "scans") return ms / speedOf(threads);
  const one = queryMs(costs, work);
  if (one < MAIN_MS) return work.batch * one;
  return (work.batch * one) / speedOf(threadsFor(work, threads));
};

/**
 * The estimated time of partitions, in ms.
 *
 * @param ms the measured time of one query on one thread
 */
export const partitionsMs = (ms: number, batch: number, threads = availableThreads()): number =>
  batch * ms < MAIN_MS ? batch * ms : (batch * ms) / speedOf(Math.min(threads, batch));

/** The estimated time of the graph, in ms. */
export const graphMs = (costs: Costs, work: GraphWork): number => total(costs.hnsw, graphCounts(work));
