import type { TransferMethod } from "./emms/index.ts";
import type { CandidateScores } from "./score-candidate.ts";

/** Methods that measure what the space of the centred features leaves unexplained; `rank` is its dimension. */
const BY_SPAN: ReadonlySet<TransferMethod> = new Set(["emms", "hscore"]);

/** Whether a candidate's features span all directions of so many samples, so that they fit any labels. */
export const spans = (
  method: TransferMethod,
  diagnostics: Readonly<Record<string, unknown>> | undefined,
  samples: number,
): boolean => {
  const rank = diagnostics?.rank;
  return BY_SPAN.has(method) && typeof rank === "number" && rank >= samples - 1;
};

/** Removes the scores of halves if the features fit any labels of a half. */
export const withoutSpanned = ({ methods, ...rest }: CandidateScores, samples: number): CandidateScores => ({
  ...rest,
  methods: methods.map((scores) =>
    spans(scores.method, scores.diagnostics, Math.floor(samples / 2)) ? { ...scores, halves: [] } : scores,
  ),
});
