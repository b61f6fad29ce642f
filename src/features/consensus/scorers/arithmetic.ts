import { createTurns } from "../../../math/slices.ts";
import type { Judgement, Payload, Scorer } from "../types.ts";
import { equationsIn, type Equation } from "./equations.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface ArithmeticSettings extends ScorerSettings {
  /** `veto` takes a solution with a wrong equation out; `score`, the usual, gives it 0, and one without 1. */
  readonly mode?: "veto" | "score";
}

/**
 * Works every equation of a solution out, step by step: 1 where all of them hold, 0 where one does not. What has no
 * equation cannot be judged.
 */
export const createArithmeticScorer = ({ mode = "score", ...settings }: ArithmeticSettings = {}): Scorer => ({
  ...settled(settings, { name: "arithmetic", calibration: { kind: "none" } }),
  kinds: ["text", "steps"],
  score: (proposals, signal) =>
    judge(
      proposals.map(({ payload }) => payload),
      mode,
      signal,
    ),
});

const judge = async (
  payloads: readonly Payload[],
  mode: "veto" | "score",
  signal: AbortSignal,
): Promise<Judgement> => {
  const scores = new Float64Array(payloads.length);
  const vetoes = new Map<number, string>();
  const turn = createTurns(signal);
  for (const [i, payload] of payloads.entries()) {
    const steps = stepsOf(payload);
    const equations: (Equation & { readonly at: number })[] = [];
    for (const [at, step] of steps.entries()) {
      await turn();
      for (const equation of equationsIn(step)) equations.push({ ...equation, at });
    }
    const wrong = equations.find(({ holds }) => !holds);
    scores[i] = equations.length === 0 ? Number.NaN : wrong === undefined ? 1 : 0;
    if (wrong !== undefined && mode === "veto")
      vetoes.set(i, `${steps.length > 1 ? `step ${wrong.at + 1}: ` : ""}${reasonOf(wrong)}`);
  }
  return { scores, vetoes };
};

const stepsOf = (payload: Payload): readonly string[] => {
  if (payload.kind === "steps") return payload.steps;
  return payload.kind === "text" ? [payload.text] : [];
};

const reasonOf = ({ text, left, right }: Equation): string =>
  `${text} does not hold: ${left} is not ${right}`;
