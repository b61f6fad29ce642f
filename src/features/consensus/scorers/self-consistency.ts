import { dot } from "../../../math/dot.ts";
import type { Modality } from "../../../types.ts";
import type { Scene } from "../scene/index.ts";
import type { Payload, Proposal, Scorer } from "../types.ts";
import { VECTOR_KINDS } from "./across.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface VotesSettings extends ScorerSettings {
  /** What makes two proposals the same answer, such as the last number of a solution; absent: that they are equal. */
  readonly answerOf?: (payload: Payload) => string | undefined;
}

/**
 * The share of all proposals, each as often as it was made, that give the same answer (self-consistency, Wang et al.,
 * arXiv 2203.11171). A proposal without an answer cannot be judged.
 */
export const createVotesScorer = ({ answerOf, ...settings }: VotesSettings = {}): Scorer => ({
  ...settled(settings, { name: "self-consistency" }),
  kinds: ["text", "anchor", "vector", "steps", "action"],
  judgesPool: true,
  score: (proposals, _signal, multiplicities = []) => {
    const answers = proposals.map(({ id, payload }) => (answerOf === undefined ? id : answerOf(payload)));
    const votes = new Map<string, number>();
    let all = 0;
    answers.forEach((answer, i) => {
      if (answer === undefined) return;
      votes.set(answer, (votes.get(answer) ?? 0) + (multiplicities[i] ?? 1));
      all += multiplicities[i] ?? 1;
    });
    return Promise.resolve({
      scores: Float64Array.from(answers, (answer) =>
        answer === undefined ? Number.NaN : (votes.get(answer) ?? 0) / all,
      ),
    });
  },
});

/**
 * How like a proposal is to all the others: the mean cosine with them, each as often as it was proposed (minimum Bayes
 * risk by similarity). One alone cannot be judged.
 */
export const createConsistencyScorer = (scene: Scene, settings: ScorerSettings = {}): Scorer => ({
  ...settled(settings, { name: "self-consistency" }),
  kinds: VECTOR_KINDS,
  judgesPool: true,
  score: async (proposals, _signal, multiplicities = []) => {
    const scores = new Float64Array(proposals.length).fill(Number.NaN);
    for (const modality of ["text", "image"] as const)
      await compare(scene, modality, proposals, multiplicities, scores);
    return { scores };
  },
});

/** One pass over the sum of all vectors, not one over each pair: x . (S - x) = x . S - 1. */
const compare = async (
  scene: Scene,
  modality: Modality,
  proposals: readonly Proposal[],
  multiplicities: readonly number[],
  scores: Float64Array,
): Promise<void> => {
  const items = await scene.itemsOf(
    proposals.map(({ payload }) => payload),
    modality,
  );
  const places = [...items.keys()].filter((i) => items[i] !== undefined);
  const shown = await scene.show(items.filter((item) => item !== undefined));
  const sum = new Float32Array(shown[0]?.length ?? 0);
  let all = 0;
  shown.forEach((vector, at) => {
    const times = multiplicities[places[at] ?? -1] ?? 1;
    all += times;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + times * (vector[i] ?? 0);
  });
  if (all < 2) return;
  shown.forEach((vector, at) => {
    // A vector of no length is like nothing, itself neither.
    scores[places[at] ?? -1] = (dot(vector, sum) - dot(vector, vector)) / (all - 1);
  });
};
