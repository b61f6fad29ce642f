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
 * What one unit of each kind of work takes on a machine, in ms. Exact: `search`, each search; `read`, each number of
 * each row, for each group of queries that goes through the rows; `multiply`, each number of each row for each query;
 * `scan`, each score; `keep`, each score that is among the k best of those before it; `copy`, each number of a row that
 * is copied out for a filter. HNSW: `search`, each query; `visit`, each number of each vector that is compared.
 */
export type Costs = z.infer<typeof costsSchema>;

export const parseCosts = (value: unknown): Costs | undefined => costsSchema.safeParse(value).data;

/** Two cores of a server of 2023, as `measureCosts` measured them: used until this machine is measured. */
export const DEFAULT_COSTS: Costs = {
  exact: { search: 0.15, read: 1e-7, multiply: 7e-9, scan: 4e-7, keep: 3e-5, copy: 6e-7 },
  hnsw: { search: 0.02, visit: 5e-7 },
};

let current: Costs = DEFAULT_COSTS;

/** The costs of the machine that the process runs on, as far as they are known. */
export const currentCosts = (): Costs => current;

export const useCosts = (costs: Costs): void => {
  current = costs;
};

export interface ExactWork {
  /** Rows there are, and how many of them may be found. */
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

/** Queries that go through the rows together. */
const GROUP = 32;

/** How often each of `Costs["exact"]` is paid. */
export const exactCounts = (work: ExactWork, gathered: boolean): Costs["exact"] => {
  const { dimension: d, batch } = work;
  const rows = gathered ? work.allowed : work.rows;
  const k = Math.max(1, Math.min(work.k, work.allowed));
  return {
    search: 1,
    read: rows * d * Math.ceil(batch / GROUP),
    multiply: rows * d * batch,
    scan: rows * batch,
    // Of rows in no order, the i-th is among the k best so far with probability k / i.
    keep: batch * k * (1 + Math.log(Math.max(1, work.allowed / k))),
    copy: gathered ? rows * d : 0,
  };
};

/** How often each of `Costs["hnsw"]` is paid: a search compares more vectors the larger ef and the graph are. */
export const graphCounts = ({ anchors, dimension, batch, ef }: GraphWork): Costs["hnsw"] => ({
  search: batch,
  visit: batch * dimension * ef * Math.log(Math.max(2, anchors)),
});

const total = <T extends Readonly<Record<string, number>>>(costs: T, counts: T): number =>
  Object.entries(counts).reduce((sum, [name, count]) => sum + count * (costs[name] ?? 0), 0);

export const gatheringIsCheaper = (costs: Costs, work: ExactWork): boolean =>
  total(costs.exact, exactCounts(work, true)) < total(costs.exact, exactCounts(work, false));

/** How long the exact index should take, in ms. */
export const exactMs = (costs: Costs, work: ExactWork): number =>
  Math.min(total(costs.exact, exactCounts(work, true)), total(costs.exact, exactCounts(work, false)));

/** How long the graph should take, in ms. */
export const graphMs = (costs: Costs, work: GraphWork): number => total(costs.hnsw, graphCounts(work));
