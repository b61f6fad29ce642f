import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDecoderModel, startDecoding, type Tensors } from "../../../src/features/epalm/index.ts";
import {
  pretrain,
  PRETRAINING_DEFAULTS,
  trainEmojiDecoder,
  type CurvePoint,
  type EmojiDecoderSettings,
  type PretrainingHooks,
} from "../../../research/epalm/pretraining/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import { temporaryDecoders, TINY_CONFIG } from "../../support/tiny-decoder.ts";

const CONFIG = { ...TINY_CONFIG, vocabulary: 24, layers: 2 };
const SETTINGS = {
  ...PRETRAINING_DEFAULTS,
  seed: 2,
  epochs: 20,
  batchTokens: 128,
  rate: 1e-2,
  warmUp: 4,
  measureEvery: 16,
};

/** Rows that count upwards: what comes next can be told but for where they begin. */
const countingRows = (count: number, seed: number): number[][] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const first = 5 + random.integer(8);
    return [2, ...Array.from({ length: 3 + random.integer(5) }, (_, i) => first + i), 2];
  });
};

const rows = { training: countingRows(120, 1), validation: countingRows(20, 2) };
const go = (hooks: Partial<PretrainingHooks> = {}) =>
  pretrain(CONFIG, rows, SETTINGS, { signal: new AbortController().signal, ...hooks });

const numbersOf = (tensors: Tensors): number[] => [...tensors.values()].flatMap(({ data }) => [...data]);

describe("a decoder that is trained from nothing", () => {
  test("foretells what can be told, of rows that it has not seen, too", async () => {
    const { state, finished } = await go();
    const [first, last] = [state.curve[0], state.curve.at(-1)];
    expect(finished).toBe(true);
    expect(first?.validation).toBeLessThan(Math.log(24));
    expect(last?.validation).toBeLessThan(1);
    expect(last?.training).toBeLessThan(first?.training ?? 0);
  });

  test("is the same where it was stopped and gone on with", async () => {
    const whole = await go();
    const stop = new AbortController();
    const half = await go({
      signal: stop.signal,
      onStep: (done) => {
        if (done === 21) stop.abort();
      },
    });
    expect(half.finished).toBe(false);
    expect(half.state.optimiser.step).toBe(21);
    const rest = await go({ from: half.state });
    expect(rest.state.curve).toEqual(whole.state.curve);
    expect(numbersOf(rest.state.weights)).toEqual(numbersOf(whole.state.weights));
  });
});

describe("a decoder of the words of emoji", () => {
  const settings: EmojiDecoderSettings = {
    size: { layers: 1, hidden: 32, heads: 2, feedForward: 64, vocabulary: 400, positions: 64 },
    lines: 250,
    validationLines: 20,
    training: { ...PRETRAINING_DEFAULTS, measureEvery: 8, batchTokens: 1024 },
  };
  let decoders: Awaited<ReturnType<typeof temporaryDecoders>>;
  beforeAll(async () => {
    decoders = await temporaryDecoders();
  });
  afterAll(() => decoders.remove());

  test("goes on from its checkpoint once it was stopped, and is then a folder that opens", async () => {
    const folder = decoders.path("words");
    const stop = new AbortController();
    const starts: number[] = [];
    const points: CurvePoint[] = [];
    const hooks = {
      onStart: ({ from }: { from: number }) => starts.push(from),
      onPoint: (point: CurvePoint) => points.push(point),
    };
    const onStep = (done: number): void => {
      if (done === 5) stop.abort();
    };
    const first = await trainEmojiDecoder(folder, settings, { ...hooks, signal: stop.signal, onStep });
    expect(first.finished).toBe(false);
    const { signal } = new AbortController();
    const other = { ...settings, lines: 251 };
    await expect(trainEmojiDecoder(folder, other, { signal })).rejects.toMatchObject({ code: "conflict" });
    const { finished, curve } = await trainEmojiDecoder(folder, settings, { ...hooks, signal });
    expect(finished).toBe(true);
    expect(starts).toEqual([0, 5]);
    expect(points).toEqual(curve);
    expect(await readdir(decoders.folder)).toEqual(["words"]);

    const model = await openDecoderModel(folder);
    const tokens = [[model.config.bos, ...model.tokenizer.encode("what is it?</a>")]];
    const { logits } = await startDecoding(await model.open({ prompt: 0 }), { tokens });
    await model.close();
    expect(logits).toHaveLength(400);
    expect(logits.every(Number.isFinite)).toBe(true);
  });

  test("is not written over one that is there", async () => {
    const { signal } = new AbortController();
    await expect(trainEmojiDecoder(decoders.folder, settings, { signal })).rejects.toMatchObject({
      code: "conflict",
    });
  });
});
