import type {
  Generator,
  Payload,
  ConsensusPlan,
  Proposal,
  Scorer,
} from "../../src/features/consensus/index.ts";

/** A text scorer by a plain function. */
export const scorerOf = (
  name: string,
  judge: (text: string) => number,
  more: Partial<Scorer> = {},
): Scorer => ({
  name,
  kinds: ["text"],
  calibration: { kind: "z" },
  onFailure: "fail",
  timeoutMs: 1_000,
  score: (proposals) =>
    Promise.resolve({ scores: Float64Array.from(proposals, (proposal) => judge(textOf(proposal))) }),
  ...more,
});

export const textOf = ({ payload }: Pick<Proposal, "payload">): string =>
  payload.kind === "text" ? payload.text : "";

export const text = (of: string): Payload => ({ kind: "text", text: of });

/** Proposes the same texts in the first round, and nothing after it. */
export const listOf = (...texts: string[]): Generator => ({
  name: "list",
  propose: ({ round }, count) =>
    Promise.resolve(round > 1 ? [] : texts.slice(0, count).map((each) => ({ payload: text(each) }))),
});

export const planOf = (
  plan: Pick<ConsensusPlan, "generators" | "scorers"> & Partial<ConsensusPlan>,
): ConsensusPlan => ({
  weights: plan.scorers.map(() => 1),
  aggregation: { kind: "mean" },
  proposals: 50,
  beam: 4,
  temperature: 0,
  rounds: 10,
  scoreBudget: 100_000,
  timeBudgetMs: 60_000,
  epsilon: 1e-3,
  patience: 2,
  stopWhenUnanimous: false,
  quorum: 0.5,
  abstain: {},
  seed: 1,
  ...plan,
});
