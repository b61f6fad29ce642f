import type { Aggregation, Normalisation } from "../../../math/ensemble/index.ts";
import type { ConsensusPlan, ConsensusRun } from "../types.ts";
import { decide } from "./verdict.ts";

/**
 * The id of the winner as it follows from a run's trace alone, without asking any scorer again.
 *
 * @returns null where there is none
 */
export const replay = (
  run: Pick<ConsensusRun, "rounds" | "backgrounds" | "weights">,
  how: {
    readonly calibrations: readonly Normalisation[];
    readonly aggregation: Aggregation;
    readonly stageOf?: ConsensusPlan["stageOf"];
  },
): string | null => {
  const proposals = run.rounds.flatMap(({ proposed }) => proposed);
  const scores = run.weights.map((_, n) =>
    Float64Array.from(lastScores(run.rounds, n), (score) => score ?? Number.NaN),
  );
  const vetoed = new Set(run.rounds.flatMap(({ vetoes }) => vetoes.map(({ proposal }) => proposal)));
  const { order, values } = decide(scores, {
    ...how,
    weights: run.weights,
    backgrounds: run.backgrounds.map((background) =>
      background === null ? undefined : Float64Array.from(background),
    ),
    stages: how.stageOf && proposals.map(({ payload }) => how.stageOf?.(payload) ?? 0),
    isVetoed: (place) => vetoed.has(proposals[place]?.id ?? ""),
  });
  const [first = -1] = order;
  return Number.isNaN(values[first] ?? Number.NaN) ? null : (proposals[first]?.id ?? null);
};

/** A scorer that judges the pool says in each round what holds of everything up to then. */
const lastScores = (rounds: ConsensusRun["rounds"], scorer: number): readonly (number | null)[] =>
  rounds.reduce<readonly (number | null)[]>((before, { proposed, scores }) => {
    const said = scores[scorer] ?? [];
    return said.length > proposed.length ? said : [...before, ...said];
  }, []);
