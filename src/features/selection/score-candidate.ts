import {
  transferScorerOf,
  type ScoreInput,
  type TransferMethod,
  type TransferOptions,
} from "./emms/index.ts";
import { isAnchorageError } from "../../errors.ts";
import { applyTransform, fitTransform, fittedDimension, kindFor } from "../../retrieval/index.ts";
import type { JsonValue } from "../../types.ts";
import type { NamedTransform } from "../../api/transforms.ts";
import { half, rowsOf } from "./halves.ts";

/** The labels and options that all candidates share. */
export interface CandidateTask {
  readonly labels: Pick<ScoreInput, "classes" | "fLabels">;
  readonly options: TransferOptions;
  readonly seed: number;
  /** How many halves each method scores, in the order in which scores are wanted. */
  readonly halves: readonly (readonly [method: TransferMethod, count: number])[];
}

export interface CandidateEmbeddings {
  readonly data: Float32Array;
  readonly n: number;
  readonly d: number;
  readonly transform: NamedTransform;
}

export interface MethodScores {
  readonly method: TransferMethod;
  readonly score: number | null;
  readonly reason?: string;
  readonly tookMs: number;
  readonly weights?: readonly number[];
  readonly diagnostics: Readonly<Record<string, JsonValue>>;
  /** Of each half; null where it is not defined for that. */
  readonly halves: readonly (number | null)[];
}

export interface CandidateScores {
  /** After the transform. */
  readonly dimension: number;
  readonly methods: readonly MethodScores[];
}

/**
 * Scores a candidate by every method, on all samples and on halves of them. The halves are the same for every candidate
 * and method. The transform is fitted once, on all samples.
 *
 * @param onScore is called after each score
 * @throws the signal's reason, soon after it is aborted
 */
export const scoreCandidate = async (
  embeddings: CandidateEmbeddings,
  { labels, options, seed, halves }: CandidateTask,
  onScore: () => void,
  signal: AbortSignal,
): Promise<CandidateScores> => {
  const seen = await transformed(embeddings);
  const input: ScoreInput = { ...labels, embeddings: seen };
  const methods: MethodScores[] = [];
  for (const [method, count] of halves) {
    signal.throwIfAborted();
    const began = performance.now();
    const whole = await scoreOf(method, input, options, signal);
    const tookMs = performance.now() - began;
    onScore();
    const scores: (number | null)[] = [];
    for (let i = 0; i < count; i++) {
      signal.throwIfAborted();
      const { score } = await scoreOf(method, rowsOf(input, half(seen.n, seed, i)), options, signal);
      scores.push(score);
      onScore();
    }
    methods.push({ method, ...whole, tookMs, halves: scores });
  }
  return { dimension: seen.d, methods };
};

const scoreOf = async (
  method: TransferMethod,
  input: ScoreInput,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<Omit<MethodScores, "method" | "tookMs" | "halves">> => {
  try {
    const { score, weights, diagnostics } = await transferScorerOf(method).score(input, options, signal);
    if (!Number.isFinite(score)) return { score: null, reason: "has no finite value", diagnostics };
    return { score, ...(weights === undefined ? {} : { weights }), diagnostics };
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "unprocessable") throw error;
    return { score: null, reason: error.message, diagnostics: {} };
  }
};

const transformed = async ({
  data,
  n,
  d,
  transform,
}: CandidateEmbeddings): Promise<ScoreInput["embeddings"]> => {
  const kind = kindFor("image", transform, n);
  if (kind === "none") return { data, n, d };
  const fit = await fitTransform(kind, await applyTransform(null, data, d), d);
  // Rows that are all the same stay as they are, and scores say what they make of them.
  return { data: await applyTransform(fit, data, d), n, d: fit === null ? d : fittedDimension(fit) };
};
