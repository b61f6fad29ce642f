import type { TransferMethod } from "./emms/index.ts";
import type { CandidateScores } from "./score-candidate.ts";

/** They measure what lies outside of the space that the centred features span, and tell its dimension as `rank`. */
const BY_SPAN: ReadonlySet<TransferMethod> = new Set(["emms", "hscore"]);

/** Whether a candidate's features span as many directions as so many samples have, so that any labels are fitted. */
export const spans = (
  method: TransferMethod,
  diagnostics: Readonly<Record<string, unknown>> | undefined,
  samples: number,
): boolean => {
  const rank = diagnostics?.rank;
  return BY_SPAN.has(method) && typeof rank === "number" && rank >= samples - 1;
};

/** The same without the scores of halves that features span though they may not span all samples. */
export const withoutSpanned = ({ methods, ...rest }: CandidateScores, samples: number): CandidateScores => ({
  ...rest,
  methods: methods.map((scores) =>
    spans(scores.method, scores.diagnostics, Math.floor(samples / 2)) ? { ...scores, halves: [] } : scores,
  ),
});
