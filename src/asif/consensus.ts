import { aggregate, normaliseScores } from "../math/ensemble/index.ts";
import { createSlices } from "../math/slices.ts";

/** What one member of a consensus says. */
export interface MemberScores {
  /** `[n, columns]` row-major */
  readonly scores: Float64Array;
  /**
   * What it scores each image with texts that nobody asked about, `[n, texts]`; absent: its own scores are measured
   * against each other.
   */
  readonly background?: Float64Array;
}

/** Of fewer numbers mean and deviation say little. */
const FEWEST = 4;
/** Scores are added as they are, however far from the mean: a consensus of many classes is what it always was. */
const Z = { kind: "z", clip: Number.POSITIVE_INFINITY } as const;

/**
 * The sum of several members' scores, each brought to mean 0 and deviation 1 over every row, or over its background, so
 * that none outweighs the others by its scale. A member that scores all of a row the same says nothing about it. Of so
 * few that neither mean nor deviation means anything ranks are added, from -1/2 to 1/2.
 *
 * @param columns of a row
 */
export const sumOfStandardized = async (
  members: readonly MemberScores[],
  columns: number,
): Promise<Float64Array> => {
  const slices = createSlices();
  const length = members[0]?.scores.length ?? 0;
  const sums = new Float64Array(length);
  const weights = members.map(() => 1);
  for (let first = 0, row = 0; first < length; first += columns, row++) {
    if (slices.due()) await slices.rest();
    const standardized = members.map(({ scores, background }) =>
      standardize(scores.subarray(first, first + columns), rowOf(background, row, length / columns)),
    );
    const { values } = aggregate(standardized, weights, { kind: "mean" });
    for (let i = 0; i < columns; i++) sums[first + i] = members.length * (values[i] ?? 0);
  }
  return sums;
};

const rowOf = (background: Float64Array | undefined, row: number, rows: number): Float64Array | undefined => {
  if (background === undefined) return undefined;
  const width = background.length / rows;
  return width < FEWEST ? undefined : background.subarray(row * width, (row + 1) * width);
};

const standardize = (row: Float64Array, reference = row): Float64Array =>
  reference.length < FEWEST
    ? normaliseScores(row, { kind: "rank" }).map((rank) => rank - 0.5)
    : normaliseScores(row, Z, reference);
