import { aggregate, normaliseScores } from "../math/ensemble/index.ts";
import { createSlices } from "../math/slices.ts";

/** The scores of one member of a consensus. */
export interface MemberScores {
  /** `[n, columns]` row-major */
  readonly scores: Float64Array;
  /**
   * The scores of each image with background texts, `[n, texts]`. Without them the member's own scores are the
   * reference.
   */
  readonly background?: Float64Array;
}

/** With fewer numbers, mean and deviation are unreliable. */
const FEWEST = 4;
/** No clipping, so that scores keep their distance from the mean even with many classes. */
const Z = { kind: "z", clip: Number.POSITIVE_INFINITY } as const;

/**
 * The sum of several members' scores, each normalised to mean 0 and deviation 1 over the row, or over its background,
 * so that no member outweighs the others by its scale. A member with the same score for the whole row adds nothing.
 * If there are too few scores for a mean and a deviation, ranks from -1/2 to 1/2 are added instead.
 *
 * @param columns number of columns of a row
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
