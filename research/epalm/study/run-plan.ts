import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  readAdapter,
  trainAdapter,
  trainedShare,
  writeAdapter,
  type Adapter,
  type DecoderModel,
  type EpochLoss,
  type TrainingProgress,
} from "../../../src/features/epalm/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import { answersTo, type Answering } from "./answers.ts";
import type { LayerFeatures } from "./features.ts";
import type { EpalmImage } from "./images.ts";
import type { Neighbours } from "./neighbours.ts";
import { layersUsed, optionsOf, type Plan } from "./plans.ts";
import { itemsOf, type Item } from "./questions.ts";
import { promptsOf, retrievedAnswer, rowsOf, type World } from "./rows.ts";
import { scoresOf, type Scores } from "./scores.ts";

/** What a plan came to. */
export interface Outcome {
  readonly plan: Plan;
  readonly trained: { readonly parameters: number; readonly share: number } | null;
  readonly images: number;
  readonly rows: number;
  readonly steps: number;
  readonly seconds: { readonly training: number; readonly answering: number };
  readonly curve: readonly EpochLoss[];
  readonly scores: { readonly seen: Scores; readonly unseen: Scores };
  /** Some answers, as they came. */
  readonly examples: readonly {
    readonly id: string;
    readonly asked: string;
    readonly expected: string;
    readonly answer: string;
  }[];
}

export interface Study {
  readonly images: readonly EpalmImage[];
  readonly layers: LayerFeatures;
  readonly neighbours: Neighbours;
  readonly decoder: DecoderModel;
  /** Where outcomes and adapters are kept. */
  readonly directory: string;
  /** Of a training. */
  readonly steps: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (plan: Plan, progress: TrainingProgress) => void;
}

const VALIDATION_ROWS = 160;
const STEPS_A_CHECKPOINT = 50;
const EXAMPLES = 40;

/** Runs a plan, or reads what it came to before: the same data, decoder and settings need not be run again. */
export const runPlan = async (plan: Plan, study: Study): Promise<Outcome> => {
  const file = join(study.directory, `${plan.id}-${keyOf(plan, study)}`);
  await mkdir(study.directory, { recursive: true });
  const known = await readFile(`${file}.json`, "utf8").catch(() => null);
  if (known !== null) return JSON.parse(known) as Outcome;
  const outcome = await run(plan, study, file);
  await writeWhole(`${file}.json`, JSON.stringify(outcome, null, 1));
  return outcome;
};

const run = async (plan: Plan, study: Study, file: string): Promise<Outcome> => {
  const { images, decoder } = study;
  const items = itemsOf(images);
  const world: World = { ...study, training: trainingOf(images, plan.share, study.seed) };
  const training = items.filter(({ image }) => world.training.has(image));
  const tests = items.filter(({ split }) => split === "seen" || split === "unseen");
  const started = performance.now();
  const adapter = await adapterOf(plan, study, world, training, items, file);
  const trainedAt = performance.now();
  const answers = await answerAll(plan, study, world, training, tests, adapter);
  const of = (split: string): Scores => {
    const places = tests.flatMap((item, i) => (item.split === split ? [i] : []));
    return scoresOf(
      places.flatMap((i) => tests[i] ?? []),
      places.map((i) => answers[i] ?? ""),
    );
  };
  const record = adapter?.settings.training;
  const isTrained = adapter !== undefined && plan.kind === "trained";
  return {
    plan,
    trained: isTrained ? trainedShare(adapter.settings, decoder.parameters) : null,
    images: world.training.size,
    rows: training.length,
    steps: isTrained ? (record?.steps ?? 0) : 0,
    seconds: {
      training: (trainedAt - started) / 1000,
      answering: (performance.now() - trainedAt) / 1000,
    },
    curve: isTrained ? (record?.curve ?? []) : [],
    scores: { seen: of("seen"), unseen: of("unseen") },
    examples: createRandom(study.seed)
      .sample(
        tests.map((item, i) => ({ item, answer: answers[i] ?? "" })),
        EXAMPLES,
      )
      .map(({ item, answer }) => ({
        id: `${images[item.image]?.id ?? ""} (${item.split})`,
        asked: item.asked,
        expected: item.answer,
        answer,
      })),
  };
};

const answerAll = async (
  plan: Plan,
  { decoder, layers, images, signal }: Study,
  world: World,
  training: readonly Item[],
  tests: readonly Item[],
  adapter: Adapter | undefined,
): Promise<string[]> => {
  if (plan.kind === "retrieval") {
    const known = new Map(training.map(({ image, asked, answer }) => [`${image} ${asked}`, answer]));
    return tests.map((item) => retrievedAnswer(item, world, known));
  }
  const prompts = promptsOf(tests, world, plan.retrieved);
  const answering: Answering = {
    decoder,
    features: adapter === undefined ? [] : usedOf(plan, layers.features),
    inputs: images.length,
    isBlindfolded: plan.kind === "blindfold",
    signal,
    ...(adapter === undefined ? {} : { adapter }),
  };
  return answersTo(prompts, answering);
};

const adapterOf = async (
  plan: Plan,
  study: Study,
  world: World,
  training: readonly Item[],
  items: readonly Item[],
  file: string,
): Promise<Adapter | undefined> => {
  if (plan.kind === "retrieval" || plan.kind === "decoder") return undefined;
  const { decoder, layers, images, seed, steps, signal, onProgress } = study;
  // A blindfold is put on the adapter of the plan that is else the same.
  const trainedBy: Plan = plan.kind === "blindfold" ? { ...plan, kind: "trained" } : plan;
  const kept = join(
    study.directory,
    `trained-${keyOf({ ...trainedBy, id: "", name: "" }, study)}.safetensors`,
  );
  const known = await readFile(kept).catch(() => null);
  if (known !== null) return readAdapter(known);
  const options = optionsOf(trainedBy, decoder.config, layers.sources);
  const validation = createRandom(seed).sample(
    items.filter(({ split }) => split === "validation"),
    VALIDATION_ROWS,
  );
  const perEpoch = Math.ceil(training.length / options.batch);
  const epochs = epochsOf(plan, steps, perEpoch);
  const checkpoint = `${file}.checkpoint`;
  const adapter = await trainAdapter(
    decoder,
    {
      rows: rowsOf(training, world, plan.retrieved),
      validation: rowsOf(validation, world, plan.retrieved),
      layerVectors: usedOf(plan, layers.features),
      inputs: images.length,
    },
    { ...options, epochs, seed },
    {
      signal,
      onProgress: (progress) => onProgress(plan, progress),
      checkpoints: {
        load: () => readFile(checkpoint).catch(() => null),
        save: (bytes) => writeWhole(checkpoint, bytes),
        everySteps: STEPS_A_CHECKPOINT,
      },
    },
  );
  await writeWhole(kept, writeAdapter(adapter));
  await rm(checkpoint, { force: true });
  return adapter;
};

/** At least one; fewer images are learnt by heart in fewer steps. */
const epochsOf = ({ share }: Plan, steps: number, perEpoch: number): number =>
  Math.max(1, Math.round((share < 1 ? steps / 2 : steps) / perEpoch));

const usedOf = (plan: Plan, features: readonly Float32Array[]): readonly Float32Array[] =>
  plan.method === "none" ? [] : layersUsed(plan, features);

/** A share of the training images, the smaller ones part of the larger ones. */
const trainingOf = (images: readonly EpalmImage[], share: number, seed: number): Set<number> => {
  const all = images.flatMap(({ split }, place) => (split === "train" ? [place] : []));
  const order = createRandom(seed).shuffle(all);
  return new Set(order.slice(0, Math.round(share * order.length)));
};

const keyOf = (plan: Plan, { decoder, images, layers, steps, seed }: Study): string =>
  createHash("sha256")
    .update(JSON.stringify({ plan, decoder: decoder.sha256, steps, seed, sources: layers.sources }))
    .update(JSON.stringify(optionsOf(plan, decoder.config, layers.sources)))
    .update(JSON.stringify(itemsOf(images)))
    .digest("hex")
    .slice(0, 16);

const writeWhole = async (path: string, content: string | Uint8Array): Promise<void> => {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
};
