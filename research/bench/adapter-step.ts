import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, requiredText } from "../../src/option-schemas.ts";
import { join } from "node:path";
import { decoderDirectory, readConfig } from "../../src/config.ts";
import {
  defaultTraining,
  openDecoderModel,
  questionPrompt,
  trainAdapter,
  type AdapterRow,
  type DecoderModel,
} from "../../src/features/epalm/index.ts";
import { createRandom, normal } from "../../src/math/random.ts";
import { mean } from "../../src/math/statistics.ts";

const BATCH = 32;
const STEPS = 24;
const SKIPPED = 4;
const WIDTHS = [768, 768, 768, 1280, 2048, 2048];
const CAPTIONS = ["fox, animal, face", "raccoon, animal, curious", "wolf, animal, face"];

const random = createRandom(1);
const features = WIDTHS.map((width) => Float32Array.from({ length: BATCH * width }, () => normal(random)));
const sources = WIDTHS.map((dimension, i) => ({ encoder: `layer-${i}`, sha256: "0".repeat(64), dimension }));

const timeSteps = async (decoder: DecoderModel, prompt: string, signal: AbortSignal): Promise<number[]> => {
  const rows = Array.from({ length: BATCH * STEPS }, (_, i): AdapterRow => ({
    input: i % BATCH,
    prompt,
    answer: "fox",
  }));
  const options = { ...defaultTraining(decoder.config, sources), epochs: 1, batch: BATCH, width: 30 };
  const times: number[] = [];
  let last = performance.now();
  const onProgress = (): void => {
    const now = performance.now();
    times.push(now - last);
    last = now;
  };
  await trainAdapter(decoder, { rows, validation: [], layerVectors: features, inputs: BATCH }, options, {
    signal,
    onProgress,
  });
  return times.slice(SKIPPED);
};

const timeForward = async (decoder: DecoderModel, prompt: string): Promise<number[]> => {
  const { whole, config } = await decoder.open({ prompt: 0 });
  const ids = [config.bos, ...decoder.tokenizer.encode(prompt), ...decoder.tokenizer.encode("fox")];
  const dims = [BATCH, ids.length];
  const data = (values: readonly number[]) =>
    ({
      type: "int64",
      data: BigInt64Array.from(Array.from({ length: BATCH }, () => values).flat(), BigInt),
      dims,
    }) as const;
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const started = performance.now();
    await whole({ input_ids: data(ids), attention_mask: data(ids.map(() => 1)) }, ["logits"]);
    times.push(performance.now() - started);
  }
  return times.slice(SKIPPED);
};

const report = async (
  decoder: DecoderModel,
  name: string,
  prompt: string,
  signal: AbortSignal,
): Promise<void> => {
  const tokens = decoder.tokenizer.encode(prompt).length + decoder.tokenizer.encode("fox").length + 1;
  const step = mean(await timeSteps(decoder, prompt, signal));
  const forward = mean(await timeForward(decoder, prompt));
  console.log(
    `${name}: ${tokens} tokens a row, ${step.toFixed(0)} ms a step of ${BATCH} rows; forward alone ${forward.toFixed(0)} ms, ${(step / forward).toFixed(1)} times that`,
  );
};

await runScript({
  name: "bench:adapter-step",
  synopsis: "[options]",
  about:
    "How long a step of training takes at batch 32, on questions without and with three captions in front, against a run of the decoder alone forward on the same rows.",
  options: {
    decoder: { type: "string", value: "ID", help: "a folder of DATA_DIR/decoders", default: "emoji-5m" },
  },
  examples: ["--decoder opt-125m"],
  schema: z.strictObject({ arguments: noArguments, decoder: requiredText }),
  run: async (given, { signal }) => {
    const folder = join(decoderDirectory(readConfig(process.env).dataDir), given.decoder);
    const decoder = await openDecoderModel(folder);
    try {
      console.log(`${decoder.id}: ${decoder.parameters} parameters, ${decoder.config.layers} layers`);
      await report(decoder, "question", questionPrompt("what is it?"), signal);
      await report(decoder, "with three captions", questionPrompt("what is it?", CAPTIONS), signal);
      return EXIT.done;
    } finally {
      await decoder.close();
    }
  },
});
