import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { decoderDirectory } from "../../config.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import { DECODER_ID } from "./decoder/config.ts";
import type { TrainingOptions } from "./training/index.ts";

const STEPS_A_CHECKPOINT = 50;

const schema = ({ z, noArguments, requiredText, wholeNumber }: OptionSchemas) => {
  const share = z
    .string()
    .regex(/^0?\.\d{1,6}$|^0$/, "must be a share such as 0.1")
    .transform(Number);
  const rate = z
    .string()
    .regex(/^\d*\.?\d+(e-?\d+)?$/, "must be a number such as 0.001")
    .transform(Number)
    .pipe(z.number().positive("must be above 0"));

  return z
    .object({
      arguments: noArguments,
      features: requiredText,
      rows: requiredText,
      out: requiredText,
      decoder: requiredText.regex(DECODER_ID, "must be a folder's name"),
      method: z.enum(["epalm", "limber"], "must be epalm or limber"),
      mode: z.enum(["causal-drop", "causal-keep", "legacy"], "must be causal-drop, causal-keep or legacy"),
      prompt: wholeNumber(0, 1_000),
      separate: z.boolean().default(false),
      loss: z.enum(["answer", "all"], "must be answer or all"),
      epochs: wholeNumber(1, 100_000),
      batch: wholeNumber(1, 10_000),
      rate,
      "prompt-rate": rate,
      schedule: z.enum(["cosine", "authors"], "must be cosine or authors"),
      validation: share,
      seed: wholeNumber(0, 999_999_999),
    })
    .strict();
};

type Given = z.output<ReturnType<typeof schema>>;

const read = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: unknown) => {
    throw new AnchorageError("invalid-input", messageOf(error), { cause: error });
  });

const optionsOf = (given: Given, defaults: TrainingOptions): TrainingOptions => {
  const { vision } = defaults;
  const seen =
    given.method === "limber"
      ? ({ kind: "limber", vectors: defaults.sources.length, tokens: 1 } as const)
      : vision?.kind === "epalm"
        ? { ...vision, mode: given.mode }
        : vision;
  const { prompt, loss, epochs, batch, seed, schedule } = given;
  const rates = { connection: given.rate, prompt: given["prompt-rate"] };
  const training = { prompt, loss, epochs, batch, seed, rates, schedule };
  return { ...defaults, ...training, vision: seen, shared: !given.separate };
};

const run = async (given: Given, { config, signal, show, note }: CommandContext): Promise<number> => {
  const {
    defaultTraining,
    openDecoderModel,
    readLayerVectors,
    parseAdapterRows,
    splitByInput,
    trainAdapter,
    trainedShare,
    writeAdapter,
  } = await import("./index.ts");
  const { anchors, sources, layerVectors } = readLayerVectors(await read(given.features));
  const all = parseAdapterRows((await read(given.rows)).toString("utf8"), anchors);
  const folder = join(decoderDirectory(config.dataDir), given.decoder);
  const decoder = await openDecoderModel(folder);
  const { rows, validation } = splitByInput(all, given.validation, given.seed);
  const bar = createProgress("adapter", "steps");
  const checkpoint = `${given.out}.checkpoint`;
  const writeWhole = async (path: string, bytes: Uint8Array): Promise<void> => {
    await writeFile(`${path}.new`, bytes);
    await rename(`${path}.new`, path);
  };
  let [epoch, summary] = [0, ""];
  try {
    const adapter = await trainAdapter(
      decoder,
      { rows, validation, layerVectors, inputs: anchors.length },
      optionsOf(given, defaultTraining(decoder.config, sources)),
      {
        signal,
        checkpoints: {
          load: () => readFile(checkpoint).catch(() => null),
          save: (bytes) => writeWhole(checkpoint, bytes),
          everySteps: STEPS_A_CHECKPOINT,
        },
        onProgress: (progress) => {
          if (progress.epoch !== epoch && summary !== "") note(summary);
          epoch = progress.epoch;
          summary = `epoch ${epoch}: loss ${progress.loss.toFixed(4)}`;
          bar.update(progress.step, progress.steps);
        },
      },
    );
    await writeWhole(given.out, writeAdapter(adapter));
    await rm(checkpoint, { force: true });
    const { parameters, share: part } = trainedShare(adapter.settings, decoder.parameters);
    const { best, epochs } = adapter.settings.training ?? { best: { epoch: 0, loss: 0 }, epochs: 0 };
    show({ file: given.out, parameters, share: part, epochs, best }, () => [
      `${given.out}: ${parameters} trained parameters (${(100 * part).toFixed(2)} % of all), best of ${epochs} epochs: ${best.epoch}, with a validation loss of ${best.loss.toFixed(4)} nats a token`,
    ]);
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("stopped; the same command continues from here");
    return EXIT.interrupted;
  } finally {
    bar.stop();
    await decoder.close();
  }
};

export const trainAdapterCommand: Command<Given, CommandContext> = {
  name: "train-adapter",
  on: "data-dir",
  synopsis: "--features FILE --rows FILE --out FILE [options]",
  about: [
    "Trains an adapter (linear maps of an encoder's layers, and a soft prompt) on a decoder that stays as it is, and writes it as one safetensors file, which POST /v1/adapters takes.",
    "",
    'Features come from POST /v1/collections/{collection}/adapter-inputs as safetensors; rows are JSON, one per line: {"anchor", "question", "answer"}, a caption if there is no question, and "retrieved" captions to put in front. Stopped by Ctrl-C it leaves a checkpoint beside the output, and the same command continues from there.',
  ].join("\n"),
  options: {
    features: { type: "string", value: "FILE", help: "features of anchors (safetensors)" },
    rows: { type: "string", value: "FILE", help: "questions and answers (JSON lines)" },
    out: { type: "string", value: "FILE", help: "the file to write the adapter to" },
    decoder: { type: "string", value: "ID", default: "emoji-5m", help: "a folder of DATA_DIR/decoders" },
    method: { type: "string", value: "NAME", default: "epalm", help: "epalm or limber" },
    mode: {
      type: "string",
      value: "NAME",
      default: "causal-drop",
      help: "causal-drop, causal-keep or legacy",
    },
    prompt: { type: "string", value: "N", default: "10", help: "soft prompt tokens" },
    separate: { type: "boolean", help: "train one map per layer instead of one for all" },
    loss: { type: "string", value: "SCOPE", default: "answer", help: "answer or all" },
    epochs: {
      type: "string",
      value: "N",
      default: "10",
      help: "epochs at most; training stops when validation no longer improves",
    },
    batch: { type: "string", value: "N", default: "16", help: "rows per step" },
    rate: { type: "string", value: "R", default: "0.01", help: "learning rate of the maps" },
    "prompt-rate": { type: "string", value: "R", default: "0.1", help: "learning rate of the prompt" },
    schedule: {
      type: "string",
      value: "NAME",
      default: "cosine",
      help: "cosine, or authors: as eP-ALM's code changes the rate of the maps",
    },
    validation: {
      type: "string",
      value: "SHARE",
      default: "0.1",
      help: "the share of anchors kept for validation",
    },
    seed: { type: "string", value: "N", default: "1", help: "the seed of initial values, split and order" },
  },
  examples: ["--features features.safetensors --rows rows.jsonl --out adapter.safetensors"],
  schema,
  run,
};
