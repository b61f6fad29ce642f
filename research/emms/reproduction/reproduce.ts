import { readFile } from "node:fs/promises";
import { z } from "zod";
import {
  transferScorerOf,
  openScoring,
  weightedTau,
  type Rounds,
  type TransferMethod,
} from "../../../src/features/selection/emms/index.ts";
import { AnchorageError, isAnchorageError, messageOf } from "../../../src/errors.ts";
import { isThere, readInput, type ReproductionFiles } from "./files.ts";

/** Of each data set the accuracy of each model after fine-tuning. */
export type Accuracies = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Supervised CNNs as their authors fine-tuned them (Meng et al., arXiv 2308.06262), in percent. */
const FINE_TUNED_CNNS = new URL("./fine-tuned-cnns.json", import.meta.url);

const accuracies = z.record(z.string(), z.record(z.string(), z.number()));

/**
 * The accuracies in a file, `{"dataset": {"model": 84.06}}`; those of the 11 CNNs on 11 data sets where none is named.
 *
 * @throws AnchorageError `invalid-input` where it cannot be read or is not of that form
 */
export const readAccuracies = async (path?: string): Promise<Accuracies> => {
  try {
    return accuracies.parse(JSON.parse(await readFile(path ?? FINE_TUNED_CNNS, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new AnchorageError("invalid-input", `${path ?? ""} holds no accuracies: ${reason}`, {
      cause: error,
    });
  }
};

export interface ReproducedMethod {
  readonly method: TransferMethod;
  /** With the fine-tuned accuracies; null where the method has no score of two models that differ. */
  readonly tau: number | null;
  /** Whether the model of the best accuracy has the best score. */
  readonly bestFirst: boolean;
  /** Of all models. */
  readonly tookMs: number;
}

export interface ReproducedDataset {
  readonly dataset: string;
  readonly models: readonly string[];
  readonly methods: readonly ReproducedMethod[];
}

/**
 * How far methods rank models as fine-tuning did, on each data set for which files of two models at least are there.
 *
 * @throws AnchorageError `invalid-input` where there is no such data set, or a file cannot be read or does not fit
 * @throws the signal's reason, soon after it is aborted
 */
export const reproduceEmms = async (options: {
  readonly files: ReproductionFiles;
  readonly methods: readonly TransferMethod[];
  readonly accuracies: Accuracies;
  readonly rounds: Rounds;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}): Promise<ReproducedDataset[]> => {
  const { files, methods, rounds, signal, onProgress } = options;
  const found = Object.entries(options.accuracies)
    .map(([dataset, known]) => ({
      dataset,
      known,
      models: Object.keys(known).filter((model) => isThere(files, dataset, model)),
    }))
    .filter(({ models }) => models.length >= 2);
  if (found.length === 0)
    throw new AnchorageError(
      "invalid-input",
      `${files.features} has no features and labels of two models on any of the data sets, as ${files.featureFile} and ${files.labelFile}`,
    );
  const total = found.reduce((sum, { models }) => sum + models.length * methods.length, 0);
  const withFLabels = methods.some((method) => transferScorerOf(method).needs.includes("fLabels"));
  let done = 0;
  const datasets: ReproducedDataset[] = [];
  for (const { dataset, known, models } of found) {
    const scores = methods.map((): { score: number | null; tookMs: number }[] => []);
    for (const model of models) {
      signal.throwIfAborted();
      const scoring = openScoring(await readInput(files, dataset, model, withFLabels), signal);
      try {
        for (const [m, method] of methods.entries()) {
          scores[m]?.push(await scoring.score(method, { emms: { rounds } }).catch(undefinedIsNull));
          onProgress(++done, total);
        }
      } finally {
        await scoring.close();
      }
    }
    const truths = models.map((model) => known[model] ?? 0);
    datasets.push({
      dataset,
      models,
      methods: methods.map((method, m) => judge(method, scores[m] ?? [], truths)),
    });
  }
  return datasets;
};

const undefinedIsNull = (error: unknown): { score: null; tookMs: number } => {
  if (isAnchorageError(error) && error.code === "unprocessable") return { score: null, tookMs: 0 };
  throw error;
};

const judge = (
  method: TransferMethod,
  made: readonly { readonly score: number | null; readonly tookMs: number }[],
  truths: readonly number[],
): ReproducedMethod => {
  const both = made.flatMap(({ score }, i) => (score === null ? [] : [[score, truths[i] ?? 0] as const]));
  const [scores, known] = [both.map(([score]) => score), both.map(([, truth]) => truth)];
  const best = Math.max(...truths);
  return {
    method,
    tau: both.length < 2 ? null : weightedTau(scores, known),
    bestFirst: both.some(([score, truth]) => truth === best && score === Math.max(...scores)),
    tookMs: made.reduce((sum, { tookMs }) => sum + tookMs, 0),
  };
};
