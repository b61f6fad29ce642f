import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import {
  adapterInputs,
  createAdapter,
  decoderShape,
  defaultInjection,
  fitProjection,
  initialAdapter,
  projectLayerVectors,
  readAdapter,
  scheduleOf,
  trainedShare,
  visualTokens,
  writeAdapter,
  writeSafetensors,
  type Adapter,
  type AdapterSettings,
  type Tensors,
} from "../../../src/features/epalm/index.ts";
import { createRandom, normal } from "../../../src/math/random.ts";

const DIMENSIONS = [7, 9, 8];
const ROWS = 40;
const WIDTH = 3;
const SHA = "ab".repeat(32);

const SETTINGS: AdapterSettings = {
  vision: {
    kind: "epalm",
    mode: "causal-drop",
    injection: { startLayer: 1, endLayer: 4, vectors: 3, textStep: 1 },
    tokens: 1,
  },
  features: DIMENSIONS.map((dimension, i) => ({ encoder: `layer-${i}`, sha256: SHA, dimension })),
  shape: {
    features: [WIDTH, WIDTH, WIDTH],
    hidden: 6,
    wordWidth: 4,
    shared: true,
    prompt: 2,
    promptNetwork: false,
    tokenNorm: true,
  },
  decoder: { id: "small", sha256: SHA },
  loss: "answer",
  training: {
    rows: 40,
    validationRows: 4,
    sha256: SHA,
    seed: 1,
    batch: 8,
    epochs: 2,
    steps: 10,
    rates: { connection: 1e-3, prompt: 2e-3 },
    curve: [
      { epoch: 1, loss: 3, validation: 3.5 },
      { epoch: 2, loss: 2, validation: null },
    ],
    best: { epoch: 1, loss: 3.5 },
  },
};

/** Three layers that see the same four causes, each in its own way. */
const drawFeatures = (seed: number): Float32Array[] => {
  const random = createRandom(seed);
  const causes = Float64Array.from({ length: ROWS * 4 }, () => normal(random));
  return DIMENSIONS.map((dimension, layer) => {
    const mixing = Float64Array.from({ length: dimension * 4 }, () => normal(random));
    return Float32Array.from({ length: ROWS * dimension }, (_, i) => {
      const [row, d] = [Math.floor(i / dimension), i % dimension];
      let sum = 5 * layer + 0.1 * normal(random);
      for (let c = 0; c < 4; c++)
        sum += ((mixing[d * 4 + c] ?? 0) * (causes[row * 4 + c] ?? 0)) / (c + 1) ** 2;
      return (layer + 1) * sum;
    });
  });
};

const features = drawFeatures(3);
const projection = await fitProjection(features, ROWS, WIDTH, 1);

const adapterOf = (): Adapter => {
  const tensors: Tensors = initialAdapter(SETTINGS.shape, createRandom(5));
  return createAdapter(SETTINGS, new Map([...tensors, ...projection]));
};

describe("the frozen projection of an encoder's features", () => {
  test("has mean 0 and variance 1 in each direction", () => {
    features.forEach((data, vector) => {
      const rows = projectLayerVectors(projection, vector, data);
      for (let i = 0; i < WIDTH; i++) {
        const column = Array.from({ length: ROWS }, (_, row) => rows[row * WIDTH + i] ?? NaN);
        expect(column.reduce((a, b) => a + b, 0) / ROWS).toBeCloseTo(0, 5);
        expect(column.reduce((a, b) => a + b * b, 0) / ROWS).toBeCloseTo(1, 4);
      }
    });
  });

  test("is each layer's part of the principal axes of all layers side by side", () => {
    const standard = features.map((data, layer) => {
      const d = DIMENSIONS[layer] ?? 1;
      const columns = Matrix.from1DArray(ROWS, d, [...data]);
      return columns
        .center("column")
        .scale("column", { scale: columns.standardDeviation("column") })
        .div(d ** 0.5);
    });
    const joint = new Matrix(
      Array.from({ length: ROWS }, (_, row) => standard.flatMap((part) => part.getRow(row))),
    );
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(joint.transpose().mmul(joint));
    const order = realEigenvalues
      .map((_, i) => i)
      .sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
    let first = 0;
    standard.forEach((part, layer) => {
      const rows = projectLayerVectors(projection, layer, features[layer] ?? new Float32Array(0));
      for (let i = 0; i < WIDTH; i++) {
        const axis = eigenvectorMatrix.getColumn(order[i] ?? 0).slice(first, first + part.columns);
        const scores = part.mmul(Matrix.columnVector(axis)).getColumn(0);
        const own = Array.from({ length: ROWS }, (_, row) => rows[row * WIDTH + i] ?? 0);
        const dot = (a: readonly number[], b: readonly number[]) =>
          a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
        const cosine = dot(scores, own) / Math.sqrt(dot(scores, scores) * dot(own, own));
        expect(Math.abs(cosine)).toBeCloseTo(1, 4);
      }
      first += part.columns;
    });
  });

  test("gives every layer's direction the same sense", () => {
    const [a, b] = [0, 1].map((layer) =>
      projectLayerVectors(projection, layer, features[layer] ?? new Float32Array(0)),
    );
    for (let i = 0; i < WIDTH; i++) {
      let along = 0;
      for (let row = 0; row < ROWS; row++) along += (a?.[row * WIDTH + i] ?? 0) * (b?.[row * WIDTH + i] ?? 0);
      expect(along / ROWS).toBeGreaterThan(0.5);
    }
  });

  test("is narrower where there are too few rows, and leaves out what does not vary", async () => {
    const flat = Float32Array.from({ length: 3 * 5 }, (_, i) => (i % 5 === 2 ? 4 : Math.sin(i * i)));
    const fitted = await fitProjection([flat], 3, 10, 1);
    expect(fitted.get("input.0.map")?.shape).toEqual([2, 5]);
    expect(fitted.get("input.0.scale")?.data[2]).toBe(0);
    expect([...projectLayerVectors(fitted, 0, flat)].every(Number.isFinite)).toBe(true);
  });
});

describe("an adapter's file", () => {
  test("holds its settings and tensors, and is the same for the same", () => {
    const adapter = adapterOf();
    const bytes = writeAdapter(adapter);
    const back = readAdapter(bytes);
    expect(back.settings).toEqual(SETTINGS);
    expect(back.tensors).toEqual(new Map([...adapter.tensors].sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(back.sha256).toBe(adapter.sha256);
    expect(writeAdapter(back)).toEqual(bytes);
  });

  test("is refused where it is another safetensors file", () => {
    expect(() => readAdapter(writeSafetensors(new Map()))).toThrow("no adapter");
    expect(() => readAdapter(new Uint8Array(20))).toThrow("no safetensors file");
  });

  test("is refused where its settings contradict each other, naming what", () => {
    expect(() =>
      createAdapter({ ...SETTINGS, features: SETTINGS.features.slice(1) }, adapterOf().tensors),
    ).toThrow("settings.features: there are 2 for 3 visual vectors");
    expect(() =>
      createAdapter(
        { ...SETTINGS, vision: null, features: [], shape: { ...SETTINGS.shape, features: [], prompt: 0 } },
        new Map(),
      ),
    ).toThrow("settings.shape.prompt: must be above 0 where nothing is seen");
  });

  test("is refused where a tensor is missing, of another shape, or not a number, naming which", () => {
    const { tensors } = adapterOf();
    const without = new Map(tensors);
    without.delete("input.1.map");
    expect(() => createAdapter(SETTINGS, without)).toThrow("input.1.map is missing");
    const broken = new Map(tensors).set("connector.0.bias", {
      shape: [6],
      data: new Float32Array(6).fill(NaN),
    });
    expect(() => createAdapter(SETTINGS, broken)).toThrow(
      "connector.0.bias holds a number that is not finite",
    );
    const trained = initialAdapter(SETTINGS.shape, createRandom(1));
    expect(() => createAdapter(SETTINGS, trained)).toThrow(
      "layer 0 has 7 features, its map takes 3, and there is no projection",
    );
  });
});

describe("an adapter's inputs", () => {
  test("are its maps of the projected features, and its prompt", () => {
    const adapter = adapterOf();
    const found = adapterInputs(adapter, features, ROWS);
    const projected = features.map((data, vector) => projectLayerVectors(projection, vector, data));
    expect(found.visual).toEqual(visualTokens(SETTINGS.shape, adapter.tensors, projected));
    expect(found.visual).toHaveLength(3 * ROWS * 6);
    expect(found.prompt).toHaveLength(2 * 4);
  });

  test("are refused of features of another shape", () => {
    expect(() => adapterInputs(adapterOf(), features.slice(1), ROWS)).toThrow(
      "features of 3 layers, not of 2",
    );
    expect(() => adapterInputs(adapterOf(), features, ROWS - 1)).toThrow('by "layer-0" are [39, 1, 7]');
  });

  test("need no projection where maps take features as they are", () => {
    const shape = { ...SETTINGS.shape, features: DIMENSIONS, shared: false };
    const adapter = createAdapter({ ...SETTINGS, shape }, initialAdapter(shape, createRandom(2)));
    expect(adapterInputs(adapter, features, ROWS).visual).toEqual(
      visualTokens(shape, adapter.tensors, features),
    );
  });
});

test("an adapter tells what its decoder has to be open for, and its share of all parameters", () => {
  expect(decoderShape(SETTINGS)).toEqual({ vision: SETTINGS.vision, prompt: 2 });
  // A shared map of 3 to 6 with biases and a scale, and a prompt of 2 tokens of 4.
  expect(trainedShare(SETTINGS, 9_967)).toEqual({ parameters: 33, share: 0.0033 });
});

describe("where visual vectors enter by default", () => {
  test.each([
    [32, 6, 19, 31],
    [24, 6, 11, 23],
    [12, 6, 5, 11],
    [6, 6, 0, 6],
    [6, 4, 1, 5],
    [6, 1, 2, 5],
  ])("of %i layers, for %i vectors, is from %i to %i", (layers, vectors, startLayer, endLayer) => {
    const injection = defaultInjection(layers, vectors);
    expect(injection).toEqual({ startLayer, endLayer, vectors, textStep: 1 });
    const used = scheduleOf(layers, injection).flatMap((action) =>
      "vector" in action ? [action.vector] : [],
    );
    expect(new Set(used).size).toBe(vectors);
  });

  test("is nowhere where there are more vectors than layers", () => {
    expect(() => defaultInjection(4, 6)).toThrow("at most 4 visual vectors");
  });
});
