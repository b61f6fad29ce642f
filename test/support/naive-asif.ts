import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { innerProduct } from "./naive-index.ts";

export interface NaiveAnchor {
  readonly id: string;
  readonly image: readonly number[];
  readonly text: readonly number[];
}

export interface NaiveSettings {
  readonly k: number;
  readonly p: number;
  /** What similarities below 0 count for; absent: nothing. */
  readonly negatives?: "cut" | "keep";
  /** Which anchors serve as memory; absent: all. */
  readonly memory?: (anchor: NaiveAnchor) => boolean;
}

export type Side = "image" | "text";

/** The cosine of two rows, in float64; 0 where one has no direction. */
export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const norms = Math.sqrt(innerProduct(a, a)) * Math.sqrt(innerProduct(b, b));
  return norms === 0 ? 0 : innerProduct(a, b) / norms;
};

const normalized = (values: readonly number[]): number[] => {
  const norm = Math.sqrt(innerProduct(values, values));
  return values.map((value) => (norm === 0 ? 0 : value / norm));
};

export const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * A relative representation as it is defined: dense over `anchors`, the k largest (signed) cosines of those that serve
 * as memory, ties by id, those below 0 cut or kept with their sign, raised to the power p, of norm 1.
 */
export const naiveRelative = (
  anchors: readonly NaiveAnchor[],
  side: Side,
  query: ArrayLike<number>,
  { k, p, negatives = "cut", memory = () => true }: NaiveSettings,
): number[] => {
  const kept = new Map(
    anchors
      .filter(memory)
      .map((anchor) => ({ id: anchor.id, similarity: cosine(anchor[side], query) }))
      .sort((a, b) => b.similarity - a.similarity || compareUtf8(a.id, b.id))
      .slice(0, k)
      .map(({ id, similarity }) => [id, similarity]),
  );
  return normalized(
    anchors.map(({ id }) => {
      const similarity = Math.max(kept.get(id) ?? 0, negatives === "cut" ? 0 : -1);
      return Math.sign(similarity) * Math.abs(similarity) ** p;
    }),
  );
};

/** The score of an image and a text: the inner product of their dense representations. */
export const naiveScore = (
  anchors: readonly NaiveAnchor[],
  image: ArrayLike<number>,
  text: ArrayLike<number>,
  settings: NaiveSettings,
): number =>
  innerProduct(
    naiveRelative(anchors, "image", image, settings),
    naiveRelative(anchors, "text", text, settings),
  );

/** A class's score by each ensemble of its prompts; a mean of prompts that cancel each other has no direction. */
export const naiveClassScore = (
  anchors: readonly NaiveAnchor[],
  image: ArrayLike<number>,
  prompts: readonly ArrayLike<number>[],
  ensemble: "max" | "mean",
  settings: NaiveSettings,
): number => {
  if (ensemble === "max")
    return Math.max(...prompts.map((text) => naiveScore(anchors, image, text, settings)));
  const rows = prompts.map((text) => naiveRelative(anchors, "text", text, settings));
  const mean = anchors.map((_, j) => rows.reduce((sum, row) => sum + (row[j] ?? 0), 0) / rows.length);
  if (Math.sqrt(innerProduct(mean, mean)) < 1e-12) return 0;
  return innerProduct(naiveRelative(anchors, "image", image, settings), normalized(mean));
};

/** Every anchor, by how similar its representation on the `target` side is to the query's on its own. */
export const naiveSearch = (
  anchors: readonly NaiveAnchor[],
  query: ArrayLike<number>,
  from: Side,
  target: Side,
  settings: NaiveSettings,
): { readonly id: string; readonly score: number }[] => {
  const row = naiveRelative(anchors, from, query, settings);
  return anchors
    .map((anchor) => ({
      id: anchor.id,
      score: innerProduct(row, naiveRelative(anchors, target, anchor[target], settings)),
    }))
    .sort((a, b) => b.score - a.score || compareUtf8(a.id, b.id));
};

/**
 * What a transform does to vectors of one side, fitted on the anchors: `center` subtracts the mean of the unit rows;
 * `whiten` also projects images on the eigenvectors of their covariance, each over its deviation + 0.001; `auto`
 * projects both sides, each over a power of its variance, of at least 20 anchors.
 *
 * @param floor directions whose deviation is below this share of the greatest are left out
 */
export const naiveTransform = (
  anchors: readonly NaiveAnchor[],
  side: Side,
  kind: "none" | "center" | "whiten" | "auto",
  floor = 0,
): ((row: ArrayLike<number>) => number[]) => {
  if (kind === "none") return (row) => Array.from(row);
  const rows = new Matrix(anchors.map((anchor) => normalized(anchor[side])));
  const mean = rows.mean("column");
  const center = (row: ArrayLike<number>): number[] =>
    normalized(Array.from(row)).map((value, i) => value - (mean[i] ?? 0));
  const isAuto = kind === "auto" && anchors.length >= 20;
  if (!isAuto && (kind !== "whiten" || side === "text")) return center;
  const [imagePower, textPower] = anchors.length < 256 ? [0.7, 0.5] : [0.9, 0.6];
  const power = side === "image" ? imagePower : textPower;
  const centered = rows.clone().subRowVector(mean);
  const covariance = centered.transpose().mmul(centered).div(anchors.length);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const deviations = realEigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
  const least = floor * Math.max(...deviations);
  const divisor = (deviation: number): number => (isAuto ? deviation ** power : deviation + 1e-3);
  return (row) => {
    const part = center(row);
    return deviations.map((deviation, i) =>
      deviation < least ? 0 : innerProduct(part, eigenvectorMatrix.getColumn(i)) / divisor(deviation),
    );
  };
};
