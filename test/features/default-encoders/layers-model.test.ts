import { describe, expect, test } from "vitest";
import { AnchorageError } from "../../../src/errors.ts";
import { runGraph, type Floats } from "../../onnx/run-graph.ts";
import { appendLayers, globalAveragePool } from "../../../src/features/default-encoders/tfjs/layers-model.ts";
import { parseLayersModel } from "../../../src/features/default-encoders/tfjs/model-file.ts";
import { readWeights } from "../../../src/features/default-encoders/tfjs/weights.ts";

interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Names of the layers that it reads; several lists where it is applied several times. */
  readonly from?: readonly (readonly string[])[];
}

type Weights = Readonly<Record<string, Floats>>;

const INPUT: Layer = { name: "image", kind: "InputLayer" };

const fileOf = (layers: readonly Layer[], weights: Weights): unknown => ({
  modelTopology: {
    model_config: {
      config: {
        layers: layers.map(({ name, kind, config = {}, from = [] }) => ({
          name,
          class_name: kind,
          config,
          inbound_nodes: from.map((sources) => sources.map((source) => [source, 0, 0, {}])),
        })),
      },
    },
  },
  weightsManifest: [
    {
      paths: [],
      weights: Object.entries(weights).map(([name, { shape }]) => ({ name, shape, dtype: "float32" })),
    },
  ],
});

/** Imports a Keras model and runs it over one image `[1, channels, height, width]` up to its last layer. */
const run = async (image: Floats, layers: readonly Layer[], weights: Weights = {}, wanted?: string) => {
  const { topology, manifest } = parseLayersModel(fileOf(layers, weights));
  const shards = Object.values(weights).flatMap(({ values }) => values);
  const bytes = new Uint8Array(Float32Array.from(shards).buffer);
  const { found } = await runGraph({ image }, (graph) => {
    const last = wanted ?? layers.at(-1)?.name ?? "";
    const [value = ""] = appendLayers({ graph, weights: readWeights(manifest, bytes) }, topology, "image", [
      last,
    ]);
    return { found: value };
  });
  return { dims: found?.dims ?? [], values: Array.from(found?.data ?? [], Number) };
};

/** Height by width by channels, as Keras has it, to channels by height by width. */
const square = (
  side: number,
  of: (row: number, column: number, channel: number) => number,
  channels = 1,
): Floats => ({
  shape: [1, channels, side, side],
  values: Array.from({ length: channels * side * side }, (_, i) =>
    of(Math.floor(i / side) % side, i % side, Math.floor(i / (side * side))),
  ),
});

/** A convolution by its definition: NHWC, a kernel `[height, width, in, out]`, zeros around the image. */
const convolve = (
  { shape: [, channels = 0, side = 0], values }: Floats,
  { shape: [tall = 0, wide = 0, , outs = 0], values: kernel }: Floats,
  options: { readonly stride: number; readonly same: boolean },
): number[] => {
  const { stride, same } = options;
  const size = (window: number): number =>
    same ? Math.ceil(side / stride) : Math.floor((side - window) / stride) + 1;
  const before = (window: number): number =>
    same ? Math.floor(Math.max(0, (size(window) - 1) * stride + window - side) / 2) : 0;
  const result: number[] = [];
  for (let out = 0; out < outs; out++) {
    for (let y = 0; y < size(tall); y++) {
      for (let x = 0; x < size(wide); x++) {
        let sum = 0;
        for (let i = 0; i < tall; i++) {
          for (let j = 0; j < wide; j++) {
            const [row, column] = [y * stride + i - before(tall), x * stride + j - before(wide)];
            if (row < 0 || column < 0 || row >= side || column >= side) continue;
            for (let channel = 0; channel < channels; channel++) {
              const pixel = values[(channel * side + row) * side + column] ?? 0;
              sum += pixel * (kernel[((i * wide + j) * channels + channel) * outs + out] ?? 0);
            }
          }
        }
        result.push(sum);
      }
    }
  }
  return result;
};

const KERNEL: Floats = {
  shape: [3, 2, 2, 3],
  values: Array.from({ length: 36 }, (_, i) => Math.sin(i + 1)),
};
const IMAGE = square(6, (row, column, channel) => Math.cos(5 * row + 3 * column + channel), 2);
const conv = (config: Readonly<Record<string, unknown>> = {}): Layer => ({
  name: "conv",
  kind: "Conv2D",
  config: { use_bias: false, padding: "valid", data_format: "channels_last", ...config },
  from: [["image"]],
});

const expectClose = (found: readonly number[], expected: readonly number[]): void => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(1e-5));
};

const refusal = async (layers: readonly Layer[], weights: Weights = {}): Promise<string> => {
  const error: unknown = await run(IMAGE, layers, weights).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AnchorageError);
  expect(error).toHaveProperty("code", "unsupported-model");
  return (error as AnchorageError).message;
};

describe("a Keras model as ONNX", () => {
  test.each([
    { stride: 1, padding: "valid" },
    { stride: 2, padding: "valid" },
    { stride: 1, padding: "same" },
    { stride: 2, padding: "same" },
  ])("convolves by stride $stride with $padding padding", async ({ stride, padding }) => {
    const layer = conv({ strides: [stride, stride], padding });
    const { values } = await run(IMAGE, [INPUT, layer], { "conv/kernel": KERNEL });
    expectClose(values, convolve(IMAGE, KERNEL, { stride, same: padding === "same" }));
  });

  const bias: Floats = { shape: [3], values: [1, -2, 0.5] };
  const ofChannel = (values: readonly number[], of: (value: number, channel: number) => number): number[] =>
    values.map((value, i) => of(value, Math.floor(i / (values.length / 3))));
  const plain = convolve(IMAGE, KERNEL, { stride: 1, same: false });

  test("adds a bias and clips at zero where the layer does", async () => {
    const layer = conv({ use_bias: true, activation: "relu" });
    const { values } = await run(IMAGE, [INPUT, layer], { "conv/kernel": KERNEL, "conv/bias": bias });
    expectClose(
      values,
      ofChannel(plain, (value, channel) => Math.max(0, value + (bias.values[channel] ?? 0))),
    );
  });

  const NORMAL = {
    "norm/gamma": { shape: [3], values: [2, 0.5, 1] },
    "norm/beta": { shape: [3], values: [0.1, 0.2, 0.3] },
    "norm/moving_mean": { shape: [3], values: [1, -1, 0] },
    "norm/moving_variance": { shape: [3], values: [4, 0.25, 1] },
  } satisfies Weights;
  const normalized = (value: number, channel: number): number => {
    const at = (name: keyof typeof NORMAL): number => NORMAL[name].values[channel] ?? 0;
    const deviation = Math.sqrt(at("norm/moving_variance") + 0.01);
    return (at("norm/gamma") * (value - at("norm/moving_mean"))) / deviation + at("norm/beta");
  };
  const norm: Layer = {
    name: "norm",
    kind: "BatchNormalization",
    config: { axis: [3], epsilon: 0.01 },
    from: [["conv"]],
  };

  test("folds a normalisation into the convolution that it alone reads, and not into one that others read", async () => {
    const weights = { "conv/kernel": KERNEL, "conv/bias": bias, ...NORMAL };
    const layer = conv({ use_bias: true });
    const biased = ofChannel(plain, (value, channel) => value + (bias.values[channel] ?? 0));
    const expected = ofChannel(biased, normalized);
    expectClose((await run(IMAGE, [INPUT, layer, norm], weights)).values, expected);
    const both: Layer = { name: "both", kind: "Concatenate", config: { axis: 3 }, from: [["conv", "norm"]] };
    const { dims, values } = await run(IMAGE, [INPUT, layer, norm, both], weights);
    expect(dims[1]).toBe(6);
    expectClose(values, [...biased, ...expected]);
  });

  test("normalises without gamma and beta where the layer has none", async () => {
    const layer = { ...norm, config: { epsilon: 0, scale: false, center: false }, from: [["image"]] };
    const weights = {
      "norm/moving_mean": { shape: [2], values: [1, 2] },
      "norm/moving_variance": { shape: [2], values: [4, 0.25] },
    };
    const { values } = await run(IMAGE, [INPUT, layer], weights);
    const half = IMAGE.values.length / 2;
    expectClose(
      values,
      IMAGE.values.map((value, i) => (i < half ? (value - 1) / 2 : (value - 2) / 0.5)),
    );
  });

  const STEPS = square(4, (row, column) => 4 * row + column);
  test.each([
    ["MaxPooling2D", "valid", [5, 7, 13, 15]],
    ["AveragePooling2D", "valid", [2.5, 4.5, 10.5, 12.5]],
  ])("pools by %s with %s padding", async (kind, padding, expected) => {
    const config = { pool_size: [2, 2], strides: [2, 2], padding };
    const { values } = await run(STEPS, [INPUT, { name: "pool", kind, config, from: [["image"]] }]);
    expect(values).toEqual(expected);
  });

  test("leaves the padding out of a mean, as TensorFlow does", async () => {
    const config = { pool_size: [3, 3], strides: [1, 1], padding: "same" };
    const layer = { name: "pool", kind: "AveragePooling2D", config, from: [["image"]] };
    const ones = square(4, () => 1);
    expectClose((await run(ones, [INPUT, layer])).values, ones.values);
  });

  test("strides as far as it pools where the layer names no stride", async () => {
    const layer = { name: "pool", kind: "MaxPooling2D", config: { pool_size: [4, 4] }, from: [["image"]] };
    expect(await run(STEPS, [INPUT, layer])).toEqual({ dims: [1, 1, 1, 1], values: [15] });
  });

  test.each([1, 2])("convolves each channel for itself, into %i each", async (multiplier) => {
    const kernel: Floats = {
      shape: [3, 2, 2, multiplier],
      values: Array.from({ length: 12 * multiplier }, (_, i) => Math.sin(i + 1)),
    };
    const layer: Layer = {
      ...conv({ strides: [2, 2], padding: "same" }),
      kind: "DepthwiseConv2D",
    };
    const outs = 2 * multiplier;
    const scaled: Weights = {
      "norm/moving_mean": { shape: [outs], values: new Array<number>(outs).fill(1) },
      "norm/moving_variance": { shape: [outs], values: new Array<number>(outs).fill(4) },
    };
    const after: Layer = { ...norm, config: { epsilon: 0, scale: false, center: false } };
    const { values } = await run(IMAGE, [INPUT, layer, after], {
      "conv/depthwise_kernel": kernel,
      ...scaled,
    });
    const half = IMAGE.values.length / 2;
    const expected = [0, 1].flatMap((channel) =>
      convolve(
        { shape: [1, 1, 6, 6], values: IMAGE.values.slice(channel * half, (channel + 1) * half) },
        {
          shape: [3, 2, 1, multiplier],
          values: kernel.values.filter((_, i) => Math.floor(i / multiplier) % 2 === channel),
        },
        { stride: 2, same: true },
      ),
    );
    expectClose(
      values,
      expected.map((value) => (value - 1) / 2),
    );
  });

  test("pads by as many rows and columns as the layer says", async () => {
    const layer = {
      name: "pad",
      kind: "ZeroPadding2D",
      config: {
        padding: [
          [0, 1],
          [2, 0],
        ],
      },
      from: [["image"]],
    };
    const { dims, values } = await run(
      square(2, (row, column) => 2 * row + column + 1),
      [INPUT, layer],
    );
    expect(dims).toEqual([1, 1, 3, 4]);
    expect(values).toEqual([0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0]);
  });

  test.each([
    [6, [0, 0, 3, 6]],
    [null, [0, 0, 3, 9]],
  ])("rectifies up to %s", async (max, expected) => {
    const config = { max_value: max, negative_slope: 0, threshold: 0 };
    const values = square(2, (row, column) => [-1, 0, 3, 9][2 * row + column] ?? 0);
    const layer = { name: "relu", kind: "ReLU", config, from: [["image"]] };
    expect((await run(values, [INPUT, layer])).values).toEqual(expected);
  });

  test("adds what its branches give", async () => {
    const layer = { name: "sum", kind: "Add", from: [["image", "image", "image"]] };
    expect((await run(STEPS, [INPUT, layer])).values).toEqual(STEPS.values.map((value) => 3 * value));
  });

  test("averages over height and width", async () => {
    const { mean } = await runGraph({ image: STEPS }, (graph) => ({
      mean: globalAveragePool(graph, "image"),
    }));
    expect(mean?.dims).toEqual([1, 1]);
    expect(mean?.data).toEqual(Float32Array.of(7.5));
  });

  test("leaves what does not lead to the wanted layer unread", async () => {
    const layers = [INPUT, { name: "lambda", kind: "Lambda", from: [["image"]] }];
    const { values } = await run(STEPS, layers, {}, "image");
    expect(values).toEqual(STEPS.values);
  });
});

describe("a Keras model that cannot be imported", () => {
  const kernel = { "conv/kernel": KERNEL };
  const CASES: readonly (readonly [string, readonly Layer[], Weights, RegExp])[] = [
    [
      "a layer of another kind",
      [INPUT, { name: "odd", kind: "toString", from: [["image"]] }],
      {},
      /"odd" is a toString/,
    ],
    [
      "a layer that is applied twice",
      [INPUT, { ...conv(), from: [["image"], ["image"]] }],
      kernel,
      /"conv" is applied 2 times/,
    ],
    ["several inputs", [INPUT, { ...INPUT, name: "other" }, conv()], kernel, /it has 2 inputs/],
    ["no input", [{ ...conv(), from: [] }], kernel, /it has 0 inputs/],
    ["a layer without a source", [INPUT, { ...conv(), from: [] }], kernel, /"conv" has no input/],
    [
      "a source that is missing",
      [INPUT, { ...conv(), from: [["gone"]] }],
      kernel,
      /there is no layer "gone"/,
    ],
    ["a convolution in groups", [INPUT, conv({ groups: 2 })], kernel, /"conv" convolves in 2 groups/],
    ["a dilated convolution", [INPUT, conv({ dilation_rate: [2, 2] })], kernel, /"conv" is dilated/],
    [
      "an activation",
      [INPUT, conv({ activation: "constructor" })],
      kernel,
      /"conv" has the activation "constructor"/,
    ],
    ["a kernel that is missing", [INPUT, conv()], {}, /"conv\/kernel" is missing/],
    ["a bias that is missing", [INPUT, conv({ use_bias: true })], kernel, /"conv\/bias" is missing/],
    [
      "images put side by side",
      [INPUT, { name: "beside", kind: "Concatenate", config: { axis: 2 }, from: [["image", "image"]] }],
      {},
      /"beside" runs along axis 2/,
    ],
    [
      "a normalisation of rows",
      [INPUT, { name: "norm", kind: "BatchNormalization", config: { axis: 1 }, from: [["image"]] }],
      {},
      /"norm" runs along axis 1/,
    ],
    [
      "a rectifier that leaks",
      [INPUT, { name: "relu", kind: "ReLU", config: { negative_slope: 0.1 }, from: [["image"]] }],
      {},
      /"relu" leaks or has a threshold/,
    ],
    [
      "a padding that says no size",
      [INPUT, { name: "pad", kind: "ZeroPadding2D", from: [["image"]] }],
      {},
      /"pad" does not say how it pads/,
    ],
    [
      "channels that come first",
      [INPUT, conv({ data_format: "channels_first" })],
      kernel,
      /layers\.1\.config\.data_format/,
    ],
  ];
  test.each(CASES)("tells of %s", async (_, layers, weights, message) => {
    expect(await refusal(layers, weights)).toMatch(message);
  });
});
