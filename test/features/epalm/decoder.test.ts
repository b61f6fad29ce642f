import { InferenceSession, type Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decoderGraph,
  stepGraph,
  trainingGraph,
  type InjectionMode,
  type Shape,
} from "../../../src/features/epalm/index.ts";
import {
  floats,
  furthest,
  ints,
  kept,
  numbers,
  run,
  shapeOf,
  targetsOf,
  type Feeds,
} from "../../support/epalm-run.ts";
import { normals, seededRandom } from "../../support/random.ts";
import {
  clsOf,
  configOf,
  frozenWeights,
  referenceCases,
  type ReferenceCase,
} from "../../support/epalm-reference.ts";

/** y = W x + b */
const linear = (weight: readonly number[], bias: readonly number[], x: ArrayLike<number>): number[] =>
  bias.map((b, row) => {
    let sum = b;
    for (let i = 0; i < x.length; i++) sum += (weight[row * x.length + i] ?? 0) * (x[i] ?? 0);
    return sum;
  });

/** What the authors' connector makes of the CLS vectors: `[vectors, batch, 1, hidden]`. */
const visualOf = (item: ReferenceCase): Float32Array =>
  Float32Array.from(
    clsOf(item).flatMap((rows, j) => {
      const at = `connector.${item.shared_connector ? 0 : j}`;
      const { weights_trainable: known } = item;
      return rows.flatMap((cls) =>
        linear(known[`${at}.weight`]?.data ?? [], known[`${at}.bias`]?.data ?? [], cls),
      );
    }),
  );

/** The soft prompt, through its network where it has one, for each of a batch. */
const promptOf = (item: ReferenceCase, batch: number): Float32Array => {
  const at = (name: string): readonly number[] =>
    item.weights_trainable[`prompt_module.prefix_embedding.${name}`]?.data ?? [];
  const table = at("0.weight");
  const width = table.length / item.prompt.len;
  const rows = Array.from({ length: item.prompt.len }, (_, i) => {
    const row = table.slice(i * width, (i + 1) * width);
    if (!item.prompt.mlp) return row;
    return linear(at("3.weight"), at("3.bias"), linear(at("1.weight"), at("1.bias"), row).map(Math.tanh));
  });
  return Float32Array.from(Array.from({ length: batch }, () => rows.flat()).flat());
};

const feedsOf = (item: ReferenceCase): Feeds => {
  const { hidden, wordWidth } = configOf(item);
  const batch = item.input_ids.length;
  return {
    input_ids: ints(item.input_ids),
    attention_mask: ints(item.attention_mask),
    visual: floats(visualOf(item), [item.injected_hidden_states, batch, 1, hidden]),
    prompt: floats(promptOf(item, batch), [batch, item.prompt.len, wordWidth]),
  };
};

const without = (feeds: Feeds, name: string): Feeds =>
  Object.fromEntries(Object.entries(feeds).filter(([key]) => key !== name));

describe.each(referenceCases())("the decoder of $name", (item) => {
  const config = configOf(item);
  const legacy = shapeOf(item, "legacy");
  const weights = frozenWeights(item);

  test("gives the logits of the authors' code", async () => {
    const { logits } = await run(decoderGraph(config, legacy, weights, { places: "all" }), feedsOf(item));
    expect(logits?.dims).toEqual(item.logits.shape);
    expect(furthest(numbers(logits), item.logits.data)).toBeLessThan(1e-5);
  });

  test("gives theirs without an image", async () => {
    const feeds = without(feedsOf(item), "visual");
    const { logits } = await run(
      decoderGraph(config, { prompt: item.prompt.len }, weights, { places: "all" }),
      feeds,
    );
    expect(furthest(numbers(logits), item.no_image.logits.data)).toBeLessThan(1e-5);
  });

  test("gives their losses, and the gradients of what is put in", async () => {
    const found = await run(trainingGraph(config, legacy, weights), {
      ...feedsOf(item),
      targets: targetsOf(item),
    });
    expect(furthest(numbers(found.loss), item.loss_per_sample_sum)).toBeLessThan(2e-5);
    // Theirs is 0.1 times the sum over the batch's rows, of which there are two.
    const scale = 0.1 / item.input_ids.length;
    const batch = item.input_ids.length;
    const slopes = numbers(found.d_visual);
    const biases = Array.from({ length: item.injected_hidden_states }, (_, j) =>
      Array.from({ length: config.hidden }, (_unused, i) =>
        item.input_ids.reduce(
          (sum, _row, b) => sum + scale * (slopes[(j * batch + b) * config.hidden + i] ?? 0),
          0,
        ),
      ),
    );
    const expected = item.grads_of_train_loss_scalar;
    if (item.shared_connector) {
      const summed = biases[0]?.map((_, i) => biases.reduce((sum, row) => sum + (row[i] ?? 0), 0)) ?? [];
      expect(furthest(summed, expected["connector.0.bias"]?.data ?? [])).toBeLessThan(1e-6);
    } else {
      biases.forEach((row, j) => {
        expect(furthest(row, expected[`connector.${j}.bias`]?.data ?? [])).toBeLessThan(1e-6);
      });
    }
    if (item.prompt.mlp) return;
    const ofPrompt = numbers(found.d_prompt);
    const size = ofPrompt.length / batch;
    const table = Array.from({ length: size }, (_, i) =>
      item.input_ids.reduce((sum, _row, b) => sum + scale * (ofPrompt[b * size + i] ?? 0), 0),
    );
    expect(furthest(table, expected["prompt_module.prefix_embedding.0.weight"]?.data ?? [])).toBeLessThan(
      1e-6,
    );
  });
});

describe.each(["causal-keep", "causal-drop"] as const)("in mode %s", (mode) => {
  const [item] = referenceCases();
  if (item === undefined) throw new Error("there is no case");
  const config = configOf(item);
  const shape = shapeOf(item, mode);
  const weights = frozenWeights(item);
  let whole: InferenceSession;
  let start: InferenceSession;
  let step: InferenceSession;
  beforeAll(async () => {
    whole = await InferenceSession.create(decoderGraph(config, shape, weights, { places: "all" }));
    start = await InferenceSession.create(decoderGraph(config, shape, weights, { places: "last" }));
    step = await InferenceSession.create(stepGraph(config, shape, weights));
  });
  afterAll(async () => {
    await Promise.all([whole, start, step].map((session) => session.release()));
  });

  /** The logits of the last `count` places. */
  const lastLogits = async (feeds: Feeds): Promise<Float32Array> =>
    numbers((await whole.run(feeds)).logits).slice(-config.vocabulary);

  const withText = (ids: readonly (readonly number[])[], mask: readonly (readonly number[])[]): Feeds => ({
    ...feedsOf(item),
    input_ids: ints(ids),
    attention_mask: ints(mask),
  });

  test("what comes later changes nothing before it", async () => {
    const feeds = feedsOf(item);
    const changed = item.input_ids.map((row) => [...row.slice(0, -1), 13]);
    const [before, after] = [await whole.run(feeds), await whole.run({ ...feeds, input_ids: ints(changed) })];
    const places = Number(before.logits?.dims[1]);
    const row = (places - 1) * config.vocabulary;
    const of = (from: typeof before, b: number): Float32Array =>
      numbers(from.logits).slice(b * places * config.vocabulary, b * places * config.vocabulary + row);
    expect(furthest(of(before, 0), of(after, 0))).toBe(0);
    expect(furthest(of(before, 1), of(after, 1))).toBe(0);
  });

  test("token by token, what was seen being kept, gives what the whole gives", async () => {
    const ids = [
      [2, 5, 9, 3, 14, 7],
      [2, 7, 11, 4, 8, 6],
    ];
    let fed = withText(
      ids.map((row) => row.slice(0, 2)),
      [
        [1, 1],
        [1, 1],
      ],
    );
    let now = await start.run(fed);
    for (let length = 2; length <= 6; length++) {
      const all = await whole.run(
        withText(
          ids.map((row) => row.slice(0, length)),
          ids.map(() => new Array<number>(length).fill(1)),
        ),
      );
      const places = Number(all.logits?.dims[1]);
      const logits = numbers(all.logits);
      const last = [0, 1].map((b) =>
        logits.slice(((b + 1) * places - 1) * config.vocabulary, (b + 1) * places * config.vocabulary),
      );
      expect(
        furthest(
          numbers(now.logits),
          last.flatMap((row) => [...row]),
        ),
      ).toBeLessThan(1e-5);
      if (length === 6) break;
      fed = {
        input_ids: ints(ids.map((row) => [row[length] ?? 0])),
        attention_mask: ints(ids.map(() => new Array<number>(length + 1).fill(1))),
        ...Object.fromEntries(
          Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
            ["keys", "values"].map(
              (name) => [`past_${name}.${layer}`, kept(now, `${name}.${layer}`)] as const,
            ),
          ),
        ),
      };
      now = await step.run(fed);
    }
  });

  test("a row's answer does not depend on its batch mates, nor on padding before it", async () => {
    const feeds = feedsOf(item);
    const alone = await lastLogits({
      input_ids: ints([[2, 5, 9]]),
      attention_mask: ints([[1, 1, 1]]),
      visual: floats(firstOfBatch(feeds.visual), [item.injected_hidden_states, 1, 1, config.hidden]),
      prompt: floats(numbers(feeds.prompt).slice(0, item.prompt.len * config.wordWidth), [
        1,
        item.prompt.len,
        config.wordWidth,
      ]),
    });
    const together = await whole.run(
      withText(
        [
          [1, 1, 2, 5, 9],
          [2, 7, 11, 4, 8],
        ],
        [
          [0, 0, 1, 1, 1],
          [1, 1, 1, 1, 1],
        ],
      ),
    );
    const places = Number(together.logits?.dims[1]);
    const padded = numbers(together.logits).slice(
      (places - 1) * config.vocabulary,
      places * config.vocabulary,
    );
    expect(furthest(padded, alone)).toBeLessThan(1e-5);
  });

  const firstOfBatch = (visual: Tensor | undefined): Float32Array => {
    const data = numbers(visual);
    const width = config.hidden;
    return Float32Array.from(
      Array.from({ length: item.injected_hidden_states }, (_, j) => [
        ...data.slice(2 * j * width, (2 * j + 1) * width),
      ]).flat(),
    );
  };
});

test("in mode causal-keep text is as in legacy where visual tokens enter up to the last layer", async () => {
  const [, item] = referenceCases();
  if (item === undefined) throw new Error("there is no case");
  const config = configOf(item);
  const upToEnd = (mode: InjectionMode): Shape => {
    const shape = shapeOf(item, mode);
    if (shape.vision?.kind !== "epalm") throw new Error("it sees");
    return {
      ...shape,
      vision: { ...shape.vision, injection: { ...shape.vision.injection, endLayer: config.layers } },
    };
  };
  const [legacy, kept] = await Promise.all(
    (["legacy", "causal-keep"] as const).map(async (mode) => {
      const graph = decoderGraph(config, upToEnd(mode), frozenWeights(item), { places: "all" });
      return numbers((await run(graph, feedsOf(item))).logits);
    }),
  );
  const afterVisual = (logits: Float32Array | undefined): number[] => {
    const places = 1 + item.prompt.len + 6;
    return [0, 1].flatMap((b) => [
      ...(logits ?? []).slice((b * places + 1) * config.vocabulary, (b + 1) * places * config.vocabulary),
    ]);
  };
  expect(furthest(afterVisual(legacy), afterVisual(kept))).toBeLessThan(1e-5);
});

test("visual tokens in front of the prompt before the first layer are as more prompt", async () => {
  const [item] = referenceCases();
  if (item === undefined) throw new Error("there is no case");
  const config = configOf(item);
  const weights = frozenWeights(item);
  const feeds = feedsOf(item);
  const [vectors, tokens] = [2, 3];
  const visual = normals(vectors * 2 * tokens * config.hidden, seededRandom(1));
  const seen = await run(
    decoderGraph(config, { prompt: item.prompt.len, vision: { kind: "limber", vectors, tokens } }, weights, {
      places: "all",
    }),
    { ...feeds, visual: floats(visual, [vectors, 2, tokens, config.hidden]) },
  );
  const width = tokens * config.hidden;
  const front = [0, 1].flatMap((b) =>
    [0, 1].flatMap((j) => [...visual.slice((2 * j + b) * width, (2 * j + b + 1) * width)]),
  );
  const own = numbers(feeds.prompt);
  const size = own.length / 2;
  const prompt = Float32Array.from(
    [0, 1].flatMap((b) => [
      ...front.slice(b * 2 * width, (b + 1) * 2 * width),
      ...own.slice(b * size, (b + 1) * size),
    ]),
  );
  const count = vectors * tokens + item.prompt.len;
  const rest = without(feeds, "visual");
  const plain = await run(decoderGraph(config, { prompt: count }, weights, { places: "all" }), {
    ...rest,
    prompt: floats(prompt, [2, count, config.wordWidth]),
  });
  expect(furthest(numbers(seen.logits), numbers(plain.logits))).toBeLessThan(1e-5);
});
