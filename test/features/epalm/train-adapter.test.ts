import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adapterInputs,
  decoderShape,
  defaultTraining,
  initialAdapter,
  openDecoderModel,
  rankAnswers,
  splitByInput,
  trainAdapter,
  writeAdapter,
  type Adapter,
  type AdapterRow,
  type Checkpoints,
  type DecoderModel,
  type TrainingData,
  type TrainingOptions,
} from "../../../src/features/epalm/index.ts";
import { createRandom, normal } from "../../../src/math/random.ts";
import { temporaryDecoders, TINY_CONFIG, writeTinyDecoder } from "../../support/tiny-decoder.ts";

/** Wide enough that its random weights let a visual token turn what it says. */
const CONFIG = { ...TINY_CONFIG, hidden: 48, wordWidth: 48, feedForward: 96, layers: 4 };
const SHA = "cd".repeat(32);
const WIDTH = 8;
const INPUTS = 60;
/** Of one token each, so that none is more probable for being short. */
const ANSWERS = ["r", "f", "c"];
const PROMPT = "what is it?</a>";
const signal = new AbortController().signal;

/** Each input is of one of three kinds, whose means are far apart in both layers; the answer tells the kind. */
const planted = (): TrainingData => {
  const random = createRandom(7);
  const means = Array.from({ length: ANSWERS.length * 2 }, () =>
    Array.from({ length: WIDTH }, () => 2 * normal(random)),
  );
  const features = [0, 1].map((layer) =>
    Float32Array.from({ length: INPUTS * WIDTH }, (_, i) => {
      const kind = Math.floor(i / WIDTH) % ANSWERS.length;
      return (means[2 * kind + layer]?.[i % WIDTH] ?? 0) + 0.3 * normal(random);
    }),
  );
  const rows = Array.from({ length: INPUTS }, (_, input): AdapterRow => ({
    input,
    prompt: PROMPT,
    answer: ANSWERS[input % ANSWERS.length] ?? "",
  }));
  return { rows: rows.slice(12), validation: rows.slice(0, 12), layerVectors: features, inputs: INPUTS };
};

const data = planted();
const sources = [0, 1].map((layer) => ({ encoder: `layer-${layer}`, sha256: SHA, dimension: WIDTH }));
const OPTIONS: TrainingOptions = {
  ...defaultTraining(CONFIG, sources),
  width: 4,
  prompt: 2,
  batch: 16,
  epochs: 25,
  patience: 25,
  rates: { connection: 0.03, prompt: 0.03 },
};
const SHORT = { ...OPTIONS, epochs: 3 };

const decoders = await temporaryDecoders();
let decoder: DecoderModel;
let adapter: Adapter;

beforeAll(async () => {
  await writeTinyDecoder(decoders.path("tiny"), { config: CONFIG });
  decoder = await openDecoderModel(decoders.path("tiny"));
  adapter = await trainAdapter(decoder, data, OPTIONS, { signal });
});

afterAll(async () => {
  await decoder.close();
  await decoders.remove();
});

test("the authors' schedule begins at half the rate of the maps and at the full rate of the prompt", async () => {
  const once = { ...OPTIONS, batch: data.rows.length, epochs: 1, warmUp: 0, weightDecay: 0 };
  const [usual, authors] = [
    await trainAdapter(decoder, data, once, { signal }),
    await trainAdapter(decoder, data, { ...once, schedule: "authors" }, { signal }),
  ];
  expect(authors.settings.training).toMatchObject({ schedule: "authors", steps: 1 });
  const start = initialAdapter(usual.settings.shape, createRandom(once.seed));
  const furthest = (made: Adapter, part: string): number =>
    Math.max(
      ...[...start].flatMap(([name, { data: first }]) =>
        name.startsWith(part)
          ? [...first].map((value, i) => Math.abs((made.tensors.get(name)?.data[i] ?? NaN) - value))
          : [],
      ),
    );
  expect(furthest(authors, "connector") / furthest(usual, "connector")).toBeCloseTo(0.5, 3);
  expect(furthest(authors, "prompt_module") / furthest(usual, "prompt_module")).toBeCloseTo(1, 3);
});

/** Of the inputs that it was not trained on, the share whose own answer is the most probable of all. */
const accuracyOf = async (of: Adapter, isBlind: boolean): Promise<number> => {
  const opened = await decoder.open(decoderShape(of.settings));
  const { encode } = decoder.tokenizer;
  let right = 0;
  for (const { input, prompt, answer } of data.validation) {
    const own = data.layerVectors.map((rows) => rows.slice(input * WIDTH, (input + 1) * WIDTH));
    const { visual, prompt: soft } = adapterInputs(of, own, 1);
    const seen = isBlind ? new Float32Array(visual.length) : visual;
    const before = { tokens: [[decoder.config.bos, ...encode(prompt)]], visual: seen, prompt: soft };
    const sums = await rankAnswers(opened, before, ANSWERS.map(encode), signal);
    if (sums.indexOf(Math.max(...sums)) === ANSWERS.indexOf(answer)) right++;
  }
  return right / data.validation.length;
};

describe("training an adapter", () => {
  test("lowers the loss and learns which answer belongs to which features", async () => {
    const curve = adapter.settings.training?.curve ?? [];
    expect(curve.at(-1)?.loss).toBeLessThan(0.5 * (curve[0]?.loss ?? 0));
    expect(await accuracyOf(adapter, false)).toBeGreaterThan(0.9);
  });

  test("is of what is seen: with visual tokens of zeros at most one kind is told right", async () => {
    expect(await accuracyOf(adapter, true)).toBeLessThanOrEqual(0.34);
  });

  test("leaves the decoder as it is, and names it", async () => {
    const again = await openDecoderModel(decoders.path("tiny"));
    expect(adapter.settings.decoder).toEqual({ id: "tiny", sha256: again.sha256 });
    await again.close();
  });

  test("gives the same bytes under one seed, and others under another", async () => {
    const made = [];
    for (const seed of [1, 1, 2])
      made.push(writeAdapter(await trainAdapter(decoder, data, { ...SHORT, seed }, { signal })));
    expect(made[0]).toEqual(made[1]);
    expect(made[0]).not.toEqual(made[2]);
  });

  test("that was interrupted in an epoch and goes on gives what it would have given", async () => {
    let saved: Uint8Array | null = null;
    const checkpoints: Checkpoints = {
      load: () => Promise.resolve(saved),
      save: (bytes) => {
        saved = bytes;
        return Promise.resolve();
      },
      everySteps: 2,
    };
    const controller = new AbortController();
    const interrupted = trainAdapter(decoder, data, SHORT, {
      signal: controller.signal,
      checkpoints,
      onProgress: ({ step }) => {
        if (step === 5) controller.abort();
      },
    });
    await expect(interrupted).rejects.toThrow("aborted");
    const steps: number[] = [];
    const resumed = await trainAdapter(decoder, data, SHORT, {
      signal,
      checkpoints,
      onProgress: ({ step }) => steps.push(step),
    });
    expect(steps[0]).toBe(5);
    expect(writeAdapter(resumed)).toEqual(writeAdapter(await trainAdapter(decoder, data, SHORT, { signal })));
  });

  test("leaves a checkpoint of another training aside", async () => {
    let saved: Uint8Array | null = null;
    const checkpoints: Checkpoints = {
      load: () => Promise.resolve(saved),
      save: (bytes) => {
        saved = bytes;
        return Promise.resolve();
      },
      everySteps: 2,
    };
    await trainAdapter(decoder, data, { ...SHORT, epochs: 1 }, { signal, checkpoints });
    const steps: number[] = [];
    const onProgress = ({ step }: { step: number }): unknown => steps.push(step);
    await trainAdapter(decoder, data, { ...SHORT, epochs: 1, seed: 9 }, { signal, checkpoints, onProgress });
    expect(steps[0]).toBe(1);
  });

  test("stops once the validation loss has not fallen for some epochs, and keeps the best", async () => {
    const misleading = data.validation.map((row) => ({ ...row, answer: "x" }));
    const contrary = { ...data, validation: misleading };
    const options = { ...OPTIONS, rates: { connection: 0.1, prompt: 0.1 }, patience: 2 };
    const { settings } = await trainAdapter(decoder, contrary, options, { signal });
    const { epochs = 0, best, curve = [] } = settings.training ?? {};
    expect(epochs).toBeLessThan(OPTIONS.epochs);
    expect(epochs).toBe((best?.epoch ?? 0) + 2);
    expect(best?.loss).toBe(Math.min(...curve.map(({ validation }) => validation ?? Infinity)));
  });

  test.each([
    ["legacy", { vision: { ...OPTIONS.vision, mode: "legacy" } as TrainingOptions["vision"] }],
    ["limber", { vision: { kind: "limber", vectors: 2, tokens: 1 } as const }],
    ["a map of its own for each vector", { shared: false }],
    ["no prompt", { prompt: 0 }],
    ["a network on the prompt", { promptNetwork: true }],
    ["tokens as they are", { tokenNorm: false }],
    ["features as they are", { width: null }],
    ["the loss over all tokens", { loss: "all" as const }],
  ])("lowers the loss with %s", async (_, changed) => {
    const { settings } = await trainAdapter(decoder, data, { ...SHORT, ...changed }, { signal });
    const curve = settings.training?.curve ?? [];
    expect(curve.at(-1)?.validation).toBeLessThan(curve[0]?.validation ?? 0);
  });

  test("needs no features where a prompt alone is trained", async () => {
    const blind = { ...SHORT, vision: null, sources: [] };
    const { settings } = await trainAdapter(decoder, { ...data, layerVectors: [] }, blind, { signal });
    expect(settings.shape.features).toEqual([]);
    expect(settings.training?.curve.at(-1)?.loss).toBeLessThan(settings.training?.curve[0]?.loss ?? 0);
  });

  test("takes two tokens an input", async () => {
    const { vision } = OPTIONS;
    if (vision === null) throw new Error("there is no vision");
    const features = data.layerVectors.map((rows) => rows.slice(0, rows.length));
    const halves = {
      ...data,
      inputs: INPUTS / 2,
      rows: data.rows.filter(({ input }) => input < INPUTS / 2),
      validation: [],
    };
    const options = { ...SHORT, vision: { ...vision, tokens: 2 } };
    const { settings } = await trainAdapter(decoder, { ...halves, layerVectors: features }, options, {
      signal,
    });
    expect(settings.vision?.tokens).toBe(2);
    expect(settings.training?.curve.at(-1)).toMatchObject({ epoch: 3, validation: null });
  });
});

describe("what cannot be trained on is refused:", () => {
  const refusal = (changed: Partial<TrainingData>): Promise<unknown> =>
    trainAdapter(decoder, { ...data, ...changed }, SHORT, { signal });

  test("no rows", async () => {
    await expect(refusal({ rows: [] })).rejects.toThrow("rows: must not be empty");
  });

  test("a row about an input that is not there", async () => {
    await expect(refusal({ inputs: 3 })).rejects.toThrow("features.0: must be 24 numbers, not 480");
    const rows = [{ input: INPUTS, prompt: PROMPT, answer: "r" }];
    await expect(refusal({ rows })).rejects.toThrow("rows.0.input: there are 60 inputs");
  });

  test("a text that is longer than the decoder's positions", async () => {
    const rows = [{ input: 0, prompt: PROMPT, answer: "red ".repeat(200) }];
    await expect(refusal({ rows })).rejects.toThrow("Row 0 has");
  });
});

test("rows about one input validate together", () => {
  const rows = [...data.rows, ...data.rows];
  const split = splitByInput(rows, 0.25, 3);
  expect(split.rows.length + split.validation.length).toBe(rows.length);
  const held = new Set(split.validation.map(({ input }) => input));
  expect(held.size).toBe(12);
  expect(split.rows.some(({ input }) => held.has(input))).toBe(false);
});
