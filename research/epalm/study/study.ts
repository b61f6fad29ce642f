import { join } from "node:path";
import type { EncoderRegistry } from "../../../src/encoders/index.ts";
import type { DecoderModel } from "../../../src/features/epalm/index.ts";
import type { Progress } from "../../../src/progress.ts";
import { layerFeatures, type LayerFeatures } from "./features.ts";
import { evaluateHearing, type Heard } from "./hear.ts";
import { IMAGE_COUNTS, readImages, type EpalmImage, type ImageCounts } from "./images.ts";
import { findNeighbours } from "./neighbours.ts";
import { PLANS } from "./plans.ts";
import type { EpalmReport } from "./report.ts";
import { runPlan, type Outcome } from "./run-plan.ts";
import { evaluateWatching, type Watched } from "./watch.ts";

/** Layers that images are compared by: those that are best at it (docs, "Evaluation"). */
const COMPARED_LAYERS = 3;
const WATCHING_EPOCHS = 6;
const HEARING_EPOCHS = 15;

interface Options {
  readonly registry: EncoderRegistry;
  readonly decoder: DecoderModel;
  readonly directory: string;
  /** Of each training. */
  readonly steps: number;
  readonly seed: number;
  /** Plans by their ids; all where there are none. */
  readonly only: readonly string[];
  /** Whether clips and sounds are asked about as well. */
  readonly others: boolean;
  readonly signal: AbortSignal;
  readonly progress: (label: string, unit: string) => Progress;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly counts?: ImageCounts;
}

/**
 * Trains and asks: every plan, or those that `only` names, on emoji. Features, adapters and outcomes are kept under
 * `directory`, so that an interrupted study goes on where it was.
 *
 * @throws the signal's reason where it aborts
 */
export const evaluateAdapters = async (options: Options): Promise<EpalmReport> => {
  const { registry, decoder, directory, only, signal, steps, seed } = options;
  const images = await readImages(options.counts ?? IMAGE_COUNTS);
  const encoder = registry.defaultOf("image");
  const bar = options.progress("features", "images");
  const layers = await layerFeatures(
    images.map(({ image }) => image),
    {
      registry,
      encoder,
      path: join(directory, "images.f32"),
      signal,
      onProgress: (done) => bar.update(done, images.length),
    },
  ).finally(() => bar.stop());
  const neighbours = await findNeighbours(images, layers.features.slice(0, COMPARED_LAYERS));
  const outcomes: Outcome[] = [];
  for (const plan of PLANS) {
    if (only.length > 0 && !only.includes(plan.id)) continue;
    signal.throwIfAborted();
    const running = options.progress(plan.id, "steps");
    const outcome = await runPlan(plan, {
      images,
      layers,
      neighbours,
      decoder,
      directory: join(directory, "runs"),
      steps,
      seed,
      signal,
      onProgress: (_, { step, steps: all }) => running.update(step, all),
    }).finally(() => running.stop());
    outcomes.push(outcome);
    options.onOutcome(outcome);
  }
  const watching = options.others ? await watch(images, layers, options) : null;
  const hearing = options.others ? await hear(options) : null;
  const counts: Record<string, number> = {};
  for (const { split, copies } of images) {
    const kind = copies === null ? split : `${split}, copies`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return {
    decoder: { id: decoder.id, sha256: decoder.sha256, parameters: decoder.parameters },
    encoder: encoder.id,
    images: counts,
    steps,
    seed,
    outcomes,
    watching,
    hearing,
  };
};

const watch = (
  images: readonly EpalmImage[],
  layers: LayerFeatures,
  { decoder, seed, signal, progress }: Options,
): Promise<Watched> => {
  const bar = progress("clips", "steps");
  return evaluateWatching(images, layers, {
    ...{ decoder, seed, signal },
    epochs: WATCHING_EPOCHS,
    onProgress: ({ step, steps }) => bar.update(step, steps),
  }).finally(() => bar.stop());
};

const hear = ({ decoder, seed, signal, progress }: Options): Promise<Heard> => {
  const bar = progress("sounds", "steps");
  return evaluateHearing({
    ...{ decoder, seed, signal },
    epochs: HEARING_EPOCHS,
    onProgress: ({ step, steps }) => bar.update(step, steps),
  }).finally(() => bar.stop());
};
