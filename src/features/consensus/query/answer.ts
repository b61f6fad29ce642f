import type { ConsensusPlan, Proposal, RankedProposal, ConsensusRun } from "../index.ts";
import type { ConsensusAnswer } from "./types.ts";

type ShownProposal = NonNullable<ConsensusAnswer["alone"][number]["proposal"]>;
type ShownRanked = ConsensusAnswer["top"][number];

const TOP = 5;

/** The trace of a run as an answer shows it. */
export const describeRun = (
  run: ConsensusRun,
  plan: ConsensusPlan,
  trace: boolean,
): Omit<ConsensusAnswer, "sequence" | "tookMs"> => {
  const names = plan.scorers.map(({ name }) => name);
  const { winner, abstained, stopped, rounds, vetoed, ranking, agreement, alone, weights, costs } = run;
  return {
    winner: winner === null ? null : rankedOf(winner, names),
    abstained,
    stopped,
    rounds: rounds.length,
    proposals: ranking.length + vetoed,
    vetoed,
    top: ranking.slice(0, TOP).map((ranked) => rankedOf(ranked, names)),
    agreement,
    alone: alone.map(({ scorer, proposal }) => ({
      scorer,
      proposal: proposal === null ? null : proposalOf(proposal),
    })),
    weights: Object.fromEntries(names.map((name, n) => [name, weights[n] ?? 0])),
    failures: rounds.flatMap(({ failures }) => failures),
    costs,
    seed: plan.seed,
    ...(trace
      ? {
          trace: {
            rounds,
            backgrounds: run.backgrounds,
            calibrations: plan.scorers.map(({ calibration }) => calibration),
            aggregation: plan.aggregation,
            weights,
          },
        }
      : {}),
  };
};

const proposalOf = ({ id, payload, generator, round, parents }: Proposal): ShownProposal => ({
  id,
  ...payload,
  generator,
  round,
  parents,
});

const rankedOf = (
  { proposal, multiplicity, judged, value, scores }: RankedProposal,
  names: readonly string[],
): ShownRanked => ({
  ...proposalOf(proposal),
  multiplicity,
  judged,
  value: finiteOrNull(value),
  scores: Object.fromEntries(names.map((name, n) => [name, finiteOrNull(scores[n])])),
});

export const finiteOrNull = (value = Number.NaN): number | null => (Number.isFinite(value) ? value : null);
