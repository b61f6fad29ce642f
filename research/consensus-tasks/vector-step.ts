import type { Modality } from "../../src/types.ts";
import type { Generator, Proposed, Scorer } from "../../src/features/consensus/types.ts";

/** A scorer that can tell which way is up, and what its raw scores count. */
export interface Guide {
  readonly scorer: Scorer;
  /** Over the deviation of its raw scores, where guides are on different scales. */
  readonly weight: number;
}

export interface VectorStepSettings {
  readonly modality: Modality;
  /** Where the first round starts from: vectors of length 1. */
  readonly starts: readonly (readonly number[])[];
  readonly guides: readonly Guide[];
  /** Steps that a vector takes in a round. */
  readonly steps: number;
  /** Of the first step: lambda, which doubles after a step that helped and halves after one that did not. */
  readonly rate: number;
}

interface Climber {
  readonly parents: readonly string[];
  x: readonly number[];
  score: number;
  slope: Float64Array;
  rate: number;
}

/**
 * Moves vectors to where the scorers' sum is higher: x <- normalise(x + lambda sum of w_n grad_n(x)), the continuous
 * case of "Composing Ensembles of Pre-trained Models via Iterative Consensus" (arXiv 2210.11522). A step after which the
 * sum would be lower is not taken. In the first round the starts are proposed as well.
 */
export const createVectorStepGenerator = (settings: VectorStepSettings): Generator => ({
  name: "vector step",
  propose: async ({ round, survivors }, count, _, signal) => {
    const { modality, starts, guides, steps, rate } = settings;
    const from =
      round === 1
        ? starts.map((x) => ({ x, parents: [] as readonly string[] }))
        : survivors.flatMap(({ proposal: { id, payload } }) =>
            payload.kind === "vector" && payload.modality === modality
              ? [{ x: payload.vector, parents: [id] }]
              : [],
          );
    const slopes = await slopesOf(
      guides,
      from.map(({ x }) => x),
      signal,
    );
    const climbers = from.map(({ x, parents }, i): Climber => ({
      x,
      parents,
      rate,
      ...(slopes[i] ?? { score: 0, slope: new Float64Array() }),
    }));
    for (let step = 0; step < steps; step++) {
      const next = climbers.map(stepped);
      const reached = await slopesOf(guides, next, signal);
      climbers.forEach((climber, i) => {
        const [to, found] = [next[i], reached[i]];
        if (to === undefined || found === undefined || !(found.score > climber.score)) climber.rate /= 2;
        else Object.assign(climber, { x: to, ...found, rate: climber.rate * 2 });
      });
    }
    const proposed = climbers.map(({ x, parents }): Proposed => ({
      payload: { kind: "vector", modality, vector: x },
      parents,
    }));
    const first: readonly Proposed[] =
      round > 1 ? [] : starts.map((vector) => ({ payload: { kind: "vector", modality, vector } }));
    return [...proposed, ...first].slice(0, count);
  },
});

/** Along the sphere: what of the slope points away from it would only be normalised off again. */
const stepped = ({ x, slope, rate }: Climber): number[] => {
  const along = x.reduce((sum, value, j) => sum + value * (slope[j] ?? 0), 0);
  return unit(x.map((value, j) => value + rate * ((slope[j] ?? 0) - along * value)));
};

const slopesOf = async (
  guides: readonly Guide[],
  vectors: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<{ score: number; slope: Float64Array }[]> => {
  const sums = vectors.map((x) => ({ score: 0, slope: new Float64Array(x.length) }));
  for (const { scorer, weight } of guides) {
    const found = await scorer.gradient?.(vectors, signal);
    sums.forEach((sum, i) => {
      sum.score += weight * (found?.scores[i] ?? 0);
      found?.gradients[i]?.forEach((value, j) => (sum.slope[j] = (sum.slope[j] ?? 0) + weight * value));
    });
  }
  return sums;
};

/** Of length 1; a vector of zeros stays what it is. */
export const unit = (vector: readonly number[]): number[] => {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0)) || 1;
  return vector.map((value) => value / norm);
};
