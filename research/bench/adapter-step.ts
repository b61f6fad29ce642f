import { join } from "node:path";
import { decoderDirectory, readConfig } from "../../src/config.ts";
import {
  defaultTraining,
  openDecoderModel,
  questionPrompt,
  trainAdapter,
  type AdapterRow,
} from "../../src/features/epalm/index.ts";
import { createRandom, normal } from "../../src/math/random.ts";
import { mean } from "../../src/math/statistics.ts";

// How long a step of training takes at batch 32, on questions without and with three captions in front, against a run of
// the decoder alone forward on the same rows.

const BATCH = 32;
const STEPS = 24;
const SKIPPED = 4;
const WIDTHS = [768, 768, 768, 1280, 2048, 2048];
const CAPTIONS = ["fox, animal, face", "raccoon, animal, curious", "wolf, animal, face"];

const decoder = await openDecoderModel(
  join(decoderDirectory(readConfig(process.env).dataDir), process.argv[2] ?? "emoji-5m"),
);
const random = createRandom(1);
const features = WIDTHS.map((width) => Float32Array.from({ length: BATCH * width }, () => normal(random)));
const sources = WIDTHS.map((dimension, i) => ({ encoder: `layer-${i}`, sha256: "0".repeat(64), dimension }));
const { signal } = new AbortController();

const timeSteps = async (prompt: string): Promise<number[]> => {
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
  await trainAdapter(decoder, { rows, validation: [], features, inputs: BATCH }, options, {
    signal,
    onProgress,
  });
  return times.slice(SKIPPED);
};

const timeForward = async (prompt: string): Promise<number[]> => {
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

const report = async (name: string, prompt: string): Promise<void> => {
  const tokens = decoder.tokenizer.encode(prompt).length + decoder.tokenizer.encode("fox").length + 1;
  const step = mean(await timeSteps(prompt));
  const forward = mean(await timeForward(prompt));
  console.log(
    `${name}: ${tokens} tokens a row, ${step.toFixed(0)} ms a step of ${BATCH} rows; forward alone ${forward.toFixed(0)} ms, ${(step / forward).toFixed(1)} times that`,
  );
};

console.log(`${decoder.id}: ${decoder.parameters} parameters, ${decoder.config.layers} layers`);
await report("question", questionPrompt("what is it?"));
await report("with three captions", questionPrompt("what is it?", CAPTIONS));
await decoder.close();
