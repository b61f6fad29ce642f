import { functionOfSymmetric, multiply, transpose } from "../../math/linear-algebra/index.ts";
import { multiplyByTransposed, unitRows } from "../../retrieval/index.ts";
import { meanVariance, shrinkageOf, type RowMoments } from "./moments.ts";

/** A map of image vectors, as a lens shows them, to where the anchors' image vectors are. */
export interface StyleAlignment {
  /** `[r]`: the mean of the unlabelled images. */
  readonly targetMean: Float32Array;
  /** `[r, r]` row-major, transposed; null: only the mean is aligned. */
  readonly matrix: Float32Array | null;
  /** `[r]` */
  readonly anchorMean: Float32Array;
}

/**
 * Aligns mean and covariance of unlabelled images with those of the anchors (CORAL; Sun, Feng, Saenko, "Return of
 * frustratingly easy domain adaptation", 2016). The covariance of the images is shrunk first, because they are few.
 *
 * @param target moments of the unlabelled images
 * @param anchors moments of the anchors
 * @param options.covariance false: only the mean is aligned
 * @param options.shrinkage in [0, 1]; default: by {@link shrinkageOf}
 * @returns the map, and the shrinkage that it used (0 where only the mean is aligned)
 * @example
 * ```ts
 * const target = await momentsOfRows(Float32Array.of(2, 3, 2, 1, 2.5, 2, 1.5, 2), 2);
 * const wanted = await momentsOfRows(Float32Array.of(1, 0, -1, 0, 0, 0.5, 0, -0.5), 2);
 * const { alignment } = await alignMoments(target, wanted, { shrinkage: 0 });
 * const aligned = await applyAlignment(alignment, Float32Array.of(2, 3)); // [0, 1]
 * ```
 */
export const alignMoments = async (
  target: RowMoments,
  anchors: RowMoments,
  { covariance = true, shrinkage = shrinkageOf(target) }: { covariance?: boolean; shrinkage?: number } = {},
): Promise<{ readonly alignment: StyleAlignment; readonly shrinkage: number }> => {
  const means = {
    targetMean: Float32Array.from(target.mean),
    anchorMean: Float32Array.from(anchors.mean),
  };
  const variance = meanVariance(target);
  if (!covariance || variance === 0) return { alignment: { ...means, matrix: null }, shrinkage: 0 };
  const r = target.mean.length;
  const [whitening, colouring] = [
    await functionOfSymmetric(
      target.covariance,
      r,
      (value) => ((1 - shrinkage) * Math.max(0, value) + shrinkage * variance) ** -0.5,
    ),
    await functionOfSymmetric(anchors.covariance, r, (value) => Math.sqrt(Math.max(0, value))),
  ];
  const product = await multiply(
    { data: whitening, rows: r, columns: r },
    { data: colouring, rows: r, columns: r },
  );
  return { alignment: { ...means, matrix: Float32Array.from(transpose(product).data) }, shrinkage };
};

/**
 * Rows where the anchors are: `unit((z - targetMean) M + anchorMean)`.
 *
 * @param shown `[n, r]` row-major, as the lens of the anchors shows them
 */
export const applyAlignment = async (alignment: StyleAlignment, shown: Float32Array): Promise<Float32Array> =>
  unitRows(await moveRows(alignment, shown), alignment.targetMean.length);

/** The same before rows are brought to norm 1. */
export const moveRows = async (
  { targetMean, matrix, anchorMean }: StyleAlignment,
  shown: Float32Array,
): Promise<Float32Array> => {
  const r = targetMean.length;
  const centered = shown.map((value, at) => value - (targetMean[at % r] ?? 0));
  const moved =
    matrix === null
      ? centered
      : await multiplyByTransposed(
          { data: centered, rows: shown.length / r, columns: r },
          { data: matrix, rows: r, columns: r },
        );
  return moved.map((value, at) => value + (anchorMean[at % r] ?? 0));
};
