import { createRandom, normal } from "../../../src/math/random.ts";

/** Shares of themes, clusters, groups and noise: rows of one group, cluster, theme have cosine 0.62, 0.37, 0.15. */
const LEVELS = {
  theme: Math.sqrt(0.15),
  cluster: Math.sqrt(0.22),
  group: Math.sqrt(0.25),
  row: Math.sqrt(0.38),
};
const THEMES = 70;
const CLUSTERS = 7_000;
const GROUPS = 100_000;
/** Normal numbers that rows take their noise from. */
const POOL = 2 ** 22;

/**
 * Unit rows, `[count, dimension]`, of a made-up hierarchy: themes of clusters of groups, all of uneven size. Rows of one
 * group, cluster, theme have the cosines that 6,761 whitened image vectors of the sample have to their 1st, 10th and
 * 100th neighbour.
 *
 * @param groups number of groups; fewer for tests
 */
export const hierarchyRows = (
  count: number,
  dimension: number,
  { seed = 1, groups = GROUPS, queries = 0 }: { seed?: number; groups?: number; queries?: number } = {},
): { readonly rows: Float32Array; readonly queries: Float32Array } => {
  const random = createRandom(seed);
  const pool = Float32Array.from({ length: POOL }, () => normal(random));
  const clusters = Math.max(1, Math.round((groups * CLUSTERS) / GROUPS));
  const themes = Math.max(1, Math.round((groups * THEMES) / GROUPS));
  const root = 1 / Math.sqrt(dimension);
  const drawn = (at: number): number => (pool[at % POOL] ?? 0) * root;
  const start = (): number => random.integer(POOL);
  const starts = (amount: number): Int32Array => Int32Array.from({ length: amount }, start);
  const uneven = (amount: number): number => Math.floor(amount * random.next() ** 1.7);
  const [ofThemes, ofClusters, ofGroups] = [starts(themes), starts(clusters), starts(groups)];
  const clusterOf = Int32Array.from({ length: groups }, () => uneven(clusters));
  const themeOf = Int32Array.from({ length: clusters }, () => uneven(themes));
  const made = (amount: number): Float32Array => {
    const rows = new Float32Array(amount * dimension);
    for (let row = 0; row < amount; row++) {
      const group = uneven(groups);
      const cluster = clusterOf[group] ?? 0;
      const [a, b, c, e] = [
        ofThemes[themeOf[cluster] ?? 0] ?? 0,
        ofClusters[cluster] ?? 0,
        ofGroups[group] ?? 0,
        start(),
      ];
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const value =
          LEVELS.theme * drawn(a + i) +
          LEVELS.cluster * drawn(b + i) +
          LEVELS.group * drawn(c + i) +
          LEVELS.row * drawn(e + i);
        rows[row * dimension + i] = value;
        sum += value * value;
      }
      const scale = 1 / Math.sqrt(sum);
      for (let i = row * dimension; i < (row + 1) * dimension; i++) rows[i] = (rows[i] ?? 0) * scale;
    }
    return rows;
  };
  return { rows: made(count), queries: made(queries) };
};

/** Share of a repeated vector and of the noise that is added to it. */
const REPEATED = 0.8;
const NOISE = 0.6;

/** Unit rows, `[count, dimension]`: given unit vectors, repeated with noise. The queries are of the same kind. */
export const repeatedRows = (
  vectors: Float32Array,
  dimension: number,
  { count, queries, seed = 1 }: { readonly count: number; readonly queries: number; readonly seed?: number },
): { readonly rows: Float32Array; readonly queries: Float32Array } => {
  const random = createRandom(seed);
  const pool = Float32Array.from({ length: POOL }, () => normal(random));
  const given = vectors.length / dimension;
  const noise = NOISE / Math.sqrt(dimension);
  const made = (amount: number): Float32Array => {
    const rows = new Float32Array(amount * dimension);
    for (let row = 0; row < amount; row++) {
      const [from, start] = [random.integer(given) * dimension, random.integer(POOL)];
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const value = REPEATED * (vectors[from + i] ?? 0) + noise * (pool[(start + i) % POOL] ?? 0);
        rows[row * dimension + i] = value;
        sum += value * value;
      }
      const scale = 1 / Math.sqrt(sum);
      for (let i = row * dimension; i < (row + 1) * dimension; i++) rows[i] = (rows[i] ?? 0) * scale;
    }
    return rows;
  };
  return { rows: made(count), queries: made(queries) };
};
