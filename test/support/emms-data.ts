import type { Embeddings, Numbers } from "../../src/features/selection/emms/index.ts";
import type { Rows } from "./naive-emms.ts";
import { normals, seededRandom } from "./random.ts";

/** A dataset in both forms: that of the code, and lists for slow references. */
export interface Task {
  readonly embeddings: Embeddings;
  readonly classes: Int32Array;
  readonly fLabels: readonly Numbers[];
  readonly rows: Rows;
  readonly labels: readonly Rows[];
}

export const rowsOf = (data: Float32Array, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data.subarray(i * width, (i + 1) * width)),
  );

/**
 * Classes whose features and label embeddings have something to do with each other: both are noisy maps of a latent
 * vector of the class.
 */
export const createTask = (
  {
    n,
    d,
    d2 = 4,
    encoders = 3,
    classes = 3,
  }: Readonly<Record<"n" | "d", number>> & {
    readonly d2?: number;
    readonly encoders?: number;
    readonly classes?: number;
  },
  seed = 1,
): Task => {
  const random = seededRandom(seed);
  const ids = Int32Array.from({ length: n }, (_, i) => i % classes);
  const noisy = (width: number, noise: number): Float32Array => {
    const centres = normals(classes * width, random);
    const offsets = normals(width, random);
    const spread = normals(n * width, random);
    return spread.map((value, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      return (offsets[j] ?? 0) + (centres[(ids[i] ?? 0) * width + j] ?? 0) + noise * value;
    });
  };
  return taskOf(
    noisy(d, 1),
    d,
    Array.from({ length: encoders }, (_, k) => noisy(d2, 0.3 + 0.4 * k)),
    d2,
    ids,
  );
};

export const taskOf = (
  embeddings: Float32Array,
  d: number,
  labels: readonly Float32Array[],
  d2: number,
  classes: Int32Array,
): Task => ({
  embeddings: { data: embeddings, n: embeddings.length / d, d },
  classes,
  fLabels: labels.map((data) => ({ data, rows: data.length / d2, columns: d2 })),
  rows: rowsOf(embeddings, d),
  labels: labels.map((data) => rowsOf(data, d2)),
});

/** The same with other features, made from the rows of the first. */
export const withFeatures = (task: Task, change: (row: readonly number[]) => number[]): Task => {
  const changed = task.rows.map(change);
  const d = changed[0]?.length ?? 0;
  const data = Float32Array.from(changed.flat());
  return { ...task, embeddings: { data, n: task.embeddings.n, d }, rows: rowsOf(data, d) };
};
