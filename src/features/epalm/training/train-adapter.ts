import { createHash } from "node:crypto";
import { invalidField } from "../../../errors.ts";
import { createRandom } from "../../../math/random.ts";
import {
  clipGradients,
  createAdapter,
  fitProjection,
  initialAdapter,
  projectLayerVectors,
  startAdamW,
  stepAdamW,
  visualVectorCount,
  type Adapter,
  type AdapterShape,
  type NamedTensor,
  type Tensors,
} from "../adapter/index.ts";
import type { DecoderModel, Training } from "../decoder/open.ts";
import { batchesOf, encodeRows, plainBatches, type Batch } from "./batches.ts";
import { readState, writeState, type TrainingState } from "./checkpoint.ts";
import { lossOf, type Projected } from "./loss.ts";
import { authorsRate, authorsSchedule, warmUpCosine } from "./schedule.ts";
import type { Checkpoints, TrainingData, TrainingOptions, TrainingProgress } from "./types.ts";

/**
 * Trains an adapter and nothing else: the decoder stays as it is, and features were made before. AdamW with clipped
 * gradients and rates by the schedule; where there are rows to validate on, it stops once their loss has not fallen
 * for some epochs, and keeps what was best. The same decoder, data and options give the same adapter, also where it was
 * interrupted and went on from a checkpoint; a checkpoint of another training is left aside.
 *
 * @throws AnchorageError `invalid-input` that names what of the data does not fit; the signal's reason where it aborts
 */
export const trainAdapter = async (
  decoder: DecoderModel,
  data: TrainingData,
  options: TrainingOptions,
  context: {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: TrainingProgress) => void;
    readonly checkpoints?: Checkpoints;
  },
): Promise<Adapter> => {
  checkData(data, options);
  const { signal, checkpoints, onProgress } = context;
  const { config, tokenizer } = decoder;
  const rows = encodeRows(data.rows, tokenizer, config, options.loss);
  const held = plainBatches(
    encodeRows(data.validation, tokenizer, config, options.loss),
    config,
    options.batch,
  );
  const digest = digestOf(decoder, data, options);
  const saved = await checkpoints?.load();
  const known = saved === undefined || saved === null ? null : readState(saved, digest);
  const projection = known?.projection ?? (await projectionOf(data, options));
  const shape = shapeOf(decoder, options, projection);
  const state = known?.state ?? begin(shape, options.seed);
  const projected = data.layerVectors.map((layerVectors, vector) =>
    projectLayerVectors(projection, vector, layerVectors),
  );
  const perEpoch = Math.ceil(rows.length / options.batch);
  const steps = perEpoch * options.epochs;
  const rateOf = ratesOf(options, perEpoch);
  const save = async (): Promise<void> => checkpoints?.save(writeState(state, digest, projection));
  const vision = options.vision;
  const training = await decoder.openTraining({
    ...(vision === null ? {} : { vision }),
    prompt: shape.prompt,
  });
  const parts: Parts = { decoder, training, adapter: { shape, vision, tensors: state.tensors }, projected };
  try {
    while (state.epoch < options.epochs && !isOver(state, options.patience)) {
      const batches = batchesOf(rows, config, { ...options, epoch: state.epoch });
      for (const batch of batches.slice(state.batch)) {
        signal.throwIfAborted();
        await takeStep(parts, state, batch, options, (name) => rateOf(name, state));
        onProgress?.({
          epoch: state.epoch + 1,
          epochs: options.epochs,
          step: state.optimiser.step,
          steps,
          loss: state.loss / Math.max(1, state.counted),
          validation: state.curve.at(-1)?.validation ?? null,
        });
        const isDue = checkpoints !== undefined && state.optimiser.step % checkpoints.everySteps === 0;
        if (isDue && state.batch < batches.length) await save();
      }
      await endEpoch(parts, state, held, signal);
      await save();
    }
  } finally {
    await training.close();
  }
  const { epoch, curve, best, kept, optimiser } = state;
  return createAdapter(
    {
      vision,
      features: options.sources,
      shape,
      decoder: { id: decoder.id, sha256: decoder.sha256 },
      loss: options.loss,
      training: {
        rows: data.rows.length,
        validationRows: data.validation.length,
        sha256: digest,
        seed: options.seed,
        batch: options.batch,
        epochs: epoch,
        steps: optimiser.step,
        rates: options.rates,
        ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
        curve,
        best,
      },
    },
    new Map([...projection, ...kept]),
  );
};

/** The learning rate of a tensor at a step, by the schedule. */
const ratesOf = (
  { schedule = "cosine", rates, epochs, warmUp }: TrainingOptions,
  perEpoch: number,
): ((name: string, at: TrainingState) => number) => {
  const isPrompt = (name: string): boolean => name.startsWith("prompt_module");
  if (schedule === "authors") {
    const connection = authorsSchedule(rates.connection, epochs);
    return (name, { epoch, batch }) =>
      isPrompt(name) ? rates.prompt : authorsRate(connection, epoch, batch);
  }
  const steps = perEpoch * epochs;
  const share = warmUpCosine(steps, Math.round(warmUp * steps));
  return (name, { optimiser }) => (isPrompt(name) ? rates.prompt : rates.connection) * share(optimiser.step);
};

/** What stays the same from step to step. */
interface Parts {
  readonly decoder: DecoderModel;
  readonly training: Training;
  readonly adapter: Parameters<typeof lossOf>[2];
  readonly projected: Projected;
}

const takeStep = async (
  { decoder, training, adapter, projected }: Parts,
  state: TrainingState,
  batch: Batch,
  { clip, weightDecay }: TrainingOptions,
  rate: (name: string) => number,
): Promise<void> => {
  const { loss, gradients } = await lossOf(decoder, training, adapter, projected, batch);
  const slopes = await gradients();
  clipGradients(slopes, clip);
  const rates = new Map([...adapter.tensors.keys()].map((name) => [name, rate(name)]));
  stepAdamW(adapter.tensors, slopes, state.optimiser, (name) => rates.get(name) ?? 0, { weightDecay });
  state.loss += loss;
  state.counted += batch.counted;
  state.batch++;
};

const endEpoch = async (
  { decoder, training, adapter, projected }: Parts,
  state: TrainingState,
  held: readonly Batch[],
  signal: AbortSignal,
): Promise<void> => {
  let [loss, counted] = [0, 0];
  for (const batch of held) {
    signal.throwIfAborted();
    loss += (await lossOf(decoder, training, adapter, projected, batch)).loss;
    counted += batch.counted;
  }
  const own = state.loss / Math.max(1, state.counted);
  const validation = counted === 0 ? null : loss / counted;
  state.epoch++;
  state.curve.push({ epoch: state.epoch, loss: own, validation });
  // Without validation the last epoch is the best.
  if (validation === null || validation < state.best.loss) {
    state.best = { epoch: state.epoch, loss: validation ?? own };
    state.kept = copyOf(state.tensors);
  }
  [state.batch, state.loss, state.counted] = [0, 0, 0];
};

const isOver = ({ epoch, best, curve }: TrainingState, patience: number): boolean =>
  (curve.at(-1)?.validation ?? null) !== null && epoch - best.epoch >= patience;

const begin = (shape: AdapterShape, seed: number): TrainingState => {
  const tensors = initialAdapter(shape, createRandom(seed));
  return {
    epoch: 0,
    batch: 0,
    loss: 0,
    counted: 0,
    curve: [],
    best: { epoch: 0, loss: Infinity },
    tensors,
    kept: copyOf(tensors),
    optimiser: startAdamW(tensors),
  };
};

const copyOf = (tensors: ReadonlyMap<string, NamedTensor>): Tensors =>
  new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

/** Fitted on the inputs that are trained on, and on no others. */
const projectionOf = async (
  { layerVectors, rows }: TrainingData,
  { sources, width, vision, seed }: TrainingOptions,
): Promise<Tensors> => {
  if (width === null || layerVectors.length === 0) return new Map();
  const inputs = [...new Set(rows.map(({ input }) => input))].sort((a, b) => a - b);
  const tokens = vision?.tokens ?? 1;
  const chosen = layerVectors.map((data, vector) => {
    const size = tokens * (sources[vector]?.dimension ?? 0);
    const result = new Float32Array(inputs.length * size);
    inputs.forEach((input, at) => result.set(data.subarray(input * size, (input + 1) * size), at * size));
    return result;
  });
  return fitProjection(chosen, inputs.length * tokens, width, seed);
};

const shapeOf = ({ config }: DecoderModel, options: TrainingOptions, projection: Tensors): AdapterShape => ({
  features: options.sources.map(
    ({ dimension }, vector) => projection.get(`input.${vector}.map`)?.shape[0] ?? dimension,
  ),
  hidden: config.hidden,
  wordWidth: config.wordWidth,
  shared: options.shared,
  prompt: options.prompt,
  promptNetwork: options.promptNetwork,
  tokenNorm: options.tokenNorm,
});

const checkData = (
  { rows, validation, layerVectors, inputs }: TrainingData,
  options: TrainingOptions,
): void => {
  if (rows.length === 0) throw invalidField(["rows"], "must not be empty");
  if (options.epochs < 1) throw invalidField(["epochs"], "must be at least 1");
  const vectors = visualVectorCount(options.vision);
  if (layerVectors.length !== vectors || options.sources.length !== vectors)
    throw invalidField(["features"], `must be of ${vectors} layers, not of ${layerVectors.length}`);
  options.sources.forEach(({ dimension }, vector) => {
    const length = inputs * (options.vision?.tokens ?? 1) * dimension;
    if (layerVectors[vector]?.length !== length)
      throw invalidField(
        ["features", vector],
        `must be ${length} numbers, not ${layerVectors[vector]?.length ?? 0}`,
      );
  });
  const all = [...rows, ...validation];
  const outside = all.findIndex(({ input }) => vectors > 0 && !(input >= 0 && input < inputs));
  if (outside >= 0) throw invalidField(["rows", outside, "input"], `there are ${inputs} inputs`);
};

const digestOf = (decoder: DecoderModel, data: TrainingData, options: TrainingOptions): string => {
  const { rows, validation, inputs } = data;
  const hash = createHash("sha256").update(
    JSON.stringify({ decoder: decoder.sha256, rows, validation, inputs, options }),
  );
  for (const { buffer, byteOffset, byteLength } of data.layerVectors)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
};
