import type { Proposal, Scorer, Slopes } from "../../../src/features/consensus/types.ts";
import { largest, type Substrate } from "./substrate.ts";

export const NAMES = ["asif", "probe", "density"] as const;

/** So that scores far from the background's, which is what is looked for, are not all the same. */
const CLIP = 1_000;
/** Anchors that say how dense it is around a vector. */
const DENSE = 20;

/** A scorer of image vectors that can tell its slope. */
export interface VectorScorer extends Scorer {
  gradient(vectors: readonly (readonly number[])[]): Promise<Slopes>;
}

type Judge = (similarities: Float32Array, x: readonly number[]) => Judged;

interface Judged {
  readonly score: number;
  readonly slope: () => Float64Array;
}

/**
 * The cosine of the relative representations of an image and a text (arXiv 2210.01738). Its slope is that over the
 * anchors that are the nearest k now.
 *
 * @param text a unit vector, as the anchors' texts are shown
 */
export const asifScorer = (
  substrate: Substrate,
  text: Float32Array,
  { k, p }: { readonly k: number; readonly p: number },
): VectorScorer => {
  const wanted = representText(substrate, text, { k, p });
  return scorerOf(substrate, "asif", (similarities) => {
    const active = largest(similarities, k);
    const powers = Float64Array.from(active, (j) => signedPower(similarities[j] ?? 0, p));
    let [squares, product] = [0, 0];
    powers.forEach((value, i) => {
      squares += value ** 2;
      product += value * (wanted[active[i] ?? 0] ?? 0);
    });
    const norm = Math.sqrt(squares) || 1;
    const score = product / norm;
    const slope = (): Float64Array =>
      along(
        substrate,
        active,
        powers.map((value, i) => {
          const j = active[i] ?? 0;
          const byPower = ((wanted[j] ?? 0) - (score * value) / norm) / norm;
          return byPower * p * Math.abs(similarities[j] ?? 0) ** (p - 1);
        }),
      );
    return { score, slope };
  });
};

/** The sum of some anchors' images, each so many times. */
const along = (
  { images, imageDimension: d }: Substrate,
  anchors: Int32Array,
  weights: Float64Array,
): Float64Array => {
  const sum = new Float64Array(d);
  anchors.forEach((anchor, i) => {
    const [weight, from] = [weights[i] ?? 0, anchor * d];
    for (let j = 0; j < d; j++) sum[j] = (sum[j] ?? 0) + weight * (images[from + j] ?? 0);
  });
  return sum;
};

/** The log-probability of a class by a logistic regression on image vectors. */
export const probeScorer = (
  substrate: Substrate,
  { weights, bias }: { readonly weights: Float64Array; readonly bias: number },
): VectorScorer =>
  scorerOf(substrate, "probe", (_, x) => {
    const logit = x.reduce((sum, value, j) => sum + value * (weights[j] ?? 0), bias);
    const score = logit > 0 ? -Math.log1p(Math.exp(-logit)) : logit - Math.log1p(Math.exp(logit));
    return { score, slope: () => weights.map((weight) => (1 - Math.exp(score)) * weight) };
  });

/** The mean cosine with the nearest anchors, of whatever class: whether an image can look like that. */
export const densityScorer = (substrate: Substrate): VectorScorer =>
  scorerOf(substrate, "density", (similarities) => {
    const near = largest(similarities, DENSE);
    const score = near.reduce((sum, j) => sum + (similarities[j] ?? 0), 0) / near.length;
    return {
      score,
      slope: () => along(substrate, near, new Float64Array(near.length).fill(1 / near.length)),
    };
  });

const scorerOf = (substrate: Substrate, name: (typeof NAMES)[number], judge: Judge): VectorScorer => {
  const { similarities } = substrate;
  const judgeAll = async (vectors: readonly (readonly number[])[]): Promise<Judged[]> =>
    (await similarities(vectors)).map((row, i) => judge(row, vectors[i] ?? []));
  const measure = async (): Promise<Float64Array> => {
    const vectors = substrate.background.map(({ vector }) => vector);
    const all = await similarities(vectors);
    return Float64Array.from(all, (row, i) => {
      // An anchor is not near to itself.
      const others = row.slice();
      others[substrate.background[i]?.anchor ?? 0] = 0;
      return judge(others, vectors[i] ?? []).score;
    });
  };
  let measured: Promise<Float64Array> | undefined;
  return {
    name,
    kinds: ["vector"],
    calibration: { kind: "z", clip: CLIP },
    onFailure: "fail",
    timeoutMs: 3_600_000,
    score: async (proposals) => ({
      scores: Float64Array.from(await judgeAll(proposals.map(vectorOf)), ({ score }) => score),
    }),
    gradient: async (vectors) => {
      const judged = await judgeAll(vectors);
      return {
        scores: Float64Array.from(judged, ({ score }) => score),
        gradients: judged.map(({ slope }) => slope()),
      };
    },
    background: () => (measured ??= measure()),
  };
};

export const vectorOf = ({ payload }: Pick<Proposal, "payload">): readonly number[] =>
  payload.kind === "vector" ? payload.vector : [];

/** Dense: of all anchors, zero where not among the nearest k. */
const representText = (
  { texts, textDimension, count }: Substrate,
  text: Float32Array,
  { k, p }: { readonly k: number; readonly p: number },
): Float64Array => {
  const similarities = new Float32Array(count);
  for (let i = 0; i < count; i++)
    for (let j = 0, at = i * textDimension; j < textDimension; j++, at++)
      similarities[i] = (similarities[i] ?? 0) + (texts[at] ?? 0) * (text[j] ?? 0);
  const represented = new Float64Array(count);
  for (const i of largest(similarities, k)) represented[i] = signedPower(similarities[i] ?? 0, p);
  const norm = Math.sqrt(represented.reduce((sum, value) => sum + value ** 2, 0)) || 1;
  return represented.map((value) => value / norm);
};

const signedPower = (value: number, p: number): number => Math.sign(value) * Math.abs(value) ** p;
