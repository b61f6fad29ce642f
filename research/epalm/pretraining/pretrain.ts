import { createRandom } from "../../../src/math/random.ts";
import {
  startAdamW,
  stepAdamW,
  type NamedTensor,
  type Tensors,
} from "../../../src/features/epalm/adapter/index.ts";
import type { DecoderConfig } from "../../../src/features/epalm/decoder/config.ts";
import { warmUpCosine } from "../../../src/features/epalm/training/index.ts";
import { batchesOf, type Batch } from "./batches.ts";
import type { CurvePoint, TrainingState } from "./checkpoint.ts";
import { initialWeights } from "./initial-weights.ts";
import { openLiveDecoder, type LiveDecoder } from "./network.ts";

export interface PretrainingSettings {
  readonly seed: number;
  /** Times that every row is learnt of. */
  readonly epochs: number;
  /** Tokens of a batch, padding included. */
  readonly batchTokens: number;
  /** The highest learning rate. */
  readonly rate: number;
  /** Steps up to it; from there on it falls along a cosine. */
  readonly warmUp: number;
  readonly weightDecay: number;
  /** The largest norm of the gradients of a mean over tokens. */
  readonly clip: number;
  /** Steps between two measurements. */
  readonly measureEvery: number;
}

export const PRETRAINING_DEFAULTS: PretrainingSettings = {
  seed: 1,
  epochs: 1,
  batchTokens: 1536,
  rate: 2e-3,
  warmUp: 100,
  weightDecay: 0.01,
  clip: 1,
  measureEvery: 200,
};

export interface PretrainingHooks {
  /** Where a training goes on from. */
  readonly from?: TrainingState | undefined;
  readonly signal: AbortSignal;
  /** After each step, with its mean loss in nats a token. */
  readonly onStep?: (done: number, steps: number, loss: number) => void;
  /** After each measurement; what is given may be written down, but changes with the next step. */
  readonly onPoint?: (point: CurvePoint, state: TrainingState) => Promise<void>;
}

/** What makes AdamW forget sooner than its default does, as for OPT (arXiv 2205.01068, section 2.2). */
const BETAS = [0.9, 0.95] as const;

/**
 * Trains a decoder on rows of tokens, each foretold by those before it. The same rows, settings and seed give the same
 * weights, also where the training was stopped and gone on with.
 *
 * @param rows with the first token and the last
 * @returns how far it has come: all steps, or fewer where `signal` was aborted
 */
export const pretrain = async (
  config: DecoderConfig,
  rows: {
    readonly training: readonly (readonly number[])[];
    readonly validation: readonly (readonly number[])[];
  },
  settings: PretrainingSettings,
  hooks: PretrainingHooks,
): Promise<{ readonly state: TrainingState; readonly finished: boolean }> => {
  const batches = trainingBatches(rows.training, settings);
  const held = batchesOf(rows.validation, settings.batchTokens, createRandom(settings.seed));
  const state = hooks.from ?? begin(config, settings.seed);
  const { weights, optimiser, curve, since } = state;
  const share = warmUpCosine(batches.length, settings.warmUp);
  const network = await openLiveDecoder(config);
  try {
    while (optimiser.step < batches.length) {
      if (hooks.signal.aborted) return { state, finished: false };
      const { step } = optimiser;
      const batch = batches[step] ?? { rows: [], length: 0 };
      const { loss, targets, gradients } = await network.gradientsOf(weights, batch);
      meanAndClip(gradients, targets, settings.clip);
      stepAdamW(weights, gradients, optimiser, () => settings.rate * share(step), {
        weightDecay: settings.weightDecay,
        betas: BETAS,
      });
      since.loss += loss;
      since.targets += targets;
      hooks.onStep?.(optimiser.step, batches.length, loss / targets);
      if (optimiser.step % settings.measureEvery !== 0 && optimiser.step !== batches.length) continue;
      const training = since.loss / since.targets;
      const point = { step: optimiser.step, training, validation: await meanLoss(network, weights, held) };
      [since.loss, since.targets] = [0, 0];
      curve.push(point);
      await hooks.onPoint?.(point, state);
    }
    return { state, finished: true };
  } finally {
    await network.close();
  }
};

const begin = (config: DecoderConfig, seed: number): TrainingState => {
  const weights = initialWeights(config, seed);
  return { weights, optimiser: startAdamW(weights), curve: [], since: { loss: 0, targets: 0 } };
};

const trainingBatches = (
  rows: readonly (readonly number[])[],
  { seed, epochs, batchTokens }: PretrainingSettings,
): readonly Batch[] => {
  const random = createRandom(seed);
  return Array.from({ length: epochs }, () => batchesOf(rows, batchTokens, random)).flat();
};

const meanLoss = async (
  network: LiveDecoder,
  weights: Tensors,
  batches: readonly Batch[],
): Promise<number> => {
  const sum = { loss: 0, targets: 0 };
  for (const batch of batches) {
    const { loss, targets } = await network.lossOf(weights, batch);
    sum.loss += loss;
    sum.targets += targets;
  }
  return sum.loss / sum.targets;
};

/** Makes gradients of a sum those of a mean, and shortens them together to a norm of `limit` at most. */
const meanAndClip = (gradients: ReadonlyMap<string, NamedTensor>, count: number, limit: number): void => {
  let squares = 0;
  for (const { data } of gradients.values()) for (const slope of data) squares += slope * slope;
  const factor = Math.min(1, limit / (Math.sqrt(squares) / count)) / count;
  for (const { data } of gradients.values())
    for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) * factor;
};
