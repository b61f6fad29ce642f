/** The defaults of a run. */
export const CONSENSUS_DEFAULTS = {
  rounds: 4,
  proposals: 100,
  beam: 5,
  temperature: 0,
  epsilon: 1e-3,
  patience: 2,
  stopWhenUnanimous: true,
  quorum: 0.5,
  seed: 0,
  budget: { scores: 50_000, ms: 10_000 },
} as const;

/** Most proposals of one run: all of them are ranked anew after each round. */
export const MOST_PROPOSALS_OF_RUN = 20_000;
