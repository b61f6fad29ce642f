import type { ConsensusPlan } from "../../src/features/consensus/index.ts";

/** Of a run that is measured: all its rounds, whatever the clock says and however early it would be content. */
export const wholeRun = (rounds: number) =>
  ({
    aggregation: { kind: "mean" },
    temperature: 0,
    rounds,
    scoreBudget: Number.MAX_SAFE_INTEGER,
    timeBudgetMs: Number.MAX_SAFE_INTEGER,
    epsilon: 0,
    patience: rounds,
    stopWhenUnanimous: false,
    quorum: 1,
    abstain: {},
  }) satisfies Partial<ConsensusPlan>;
