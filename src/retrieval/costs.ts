import { z } from "zod";

const cost = z.number().nonnegative();

const costsSchema = z.strictObject({
  exact: z.strictObject({
    search: cost,
    read: cost,
    multiply: cost,
    scan: cost,
    keep: cost,
    copy: cost,
  }),
  hnsw: z.strictObject({ search: cost, visit: cost }),
});

/**
 * The cost model: the time of one unit of each kind of work on a machine, in ms. Exact: `search`, each search;
 * `read`, each number of each row, for each group of queries that goes through the rows; `multiply`, each number of
 * each row for each query; `scan`, each score; `keep`, each score that is among the k best of those before it;
 * `copy`, each number of a row that is copied out for a filter. HNSW: `search`, each query; `visit`, each number of
 * each vector that is compared.
 */
export type Costs = z.infer<typeof costsSchema>;

export const parseCosts = (value: unknown): Costs | undefined => costsSchema.safeParse(value).data;

/** Measured by `measureCosts` on two cores of a server of 2023; used until this machine is measured. */
export const DEFAULT_COSTS: Costs = {
  exact: { search: 0.15, read: 1e-7, multiply: 7e-9, scan: 4e-7, keep: 3e-5, copy: 6e-7 },
  hnsw: { search: 0.02, visit: 5e-7 },
};

let current: Costs = DEFAULT_COSTS;

/** The costs of the current machine, or the defaults until it is measured. */
export const currentCosts = (): Costs => current;

export const useCosts = (costs: Costs): void => {
  current = costs;
};

export interface ExactWork {
  /** Number of rows, and how many of them may be found. */
  readonly rows: number;
  readonly allowed: number;
  readonly dimension: number;
  readonly batch: number;
  readonly k: number;
}

export interface GraphWork {
  readonly anchors: number;
  readonly dimension: number;
  readonly batch: number;
  readonly ef: number;
}

/** Number of queries that share one pass over the rows. */
const GROUP = 32;

/** The number of units of each of `Costs["exact"]`. */
export const exactCounts = (work: ExactWork, gathered: boolean): Costs["exact"] => {
  const { dimension: d, batch } = work;
  const rows = gathered ? work.allowed : work.rows;
  const k = Math.max(1, Math.min(work.k, work.allowed));
  return {
    search: 1,
    read: rows * d * Math.ceil(batch / GROUP),
    multiply: rows * d * batch,
    scan: rows * batch,
    // In random order, row i is among the k best so far with probability k / i.
    keep: batch * k * (1 + Math.log(Math.max(1, work.allowed / k))),
    copy: gathered ? rows * d : 0,
  };
};

/** The number of units of each of `Costs["hnsw"]`; it grows with ef and the size of the graph. */
export const graphCounts = ({ anchors, dimension, batch, ef }: GraphWork): Costs["hnsw"] => ({
  search: batch,
  visit: batch * dimension * ef * Math.log(Math.max(2, anchors)),
});

const total = <T extends Readonly<Record<string, number>>>(costs: T, counts: T): number =>
  Object.entries(counts).reduce((sum, [name, count]) => sum + count * (costs[name] ?? 0), 0);

export const gatheringIsCheaper = (costs: Costs, work: ExactWork): boolean =>
  total(costs.exact, exactCounts(work, true)) < total(costs.exact, exactCounts(work, false));

/** The estimated time of the exact index, in ms. */
export const exactMs = (costs: Costs, work: ExactWork): number =>
  Math.min(total(costs.exact, exactCounts(work, true)), total(costs.exact, exactCounts(work, false)));

/** The estimated time of the graph, in ms. */
export const graphMs = (costs: Costs, work: GraphWork): number => total(costs.hnsw, graphCounts(work));
