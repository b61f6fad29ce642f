import { InferenceSession } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import {
  adapterGradients,
  adapterShapes,
  adapterSize,
  checkAdapter,
  clipGradients,
  initialAdapter,
  promptTokens,
  startAdamW,
  stepAdamW,
  trainingGraph,
  visualTokens,
  visualTokensInSlices,
  type AdapterShape,
  type Tensors,
} from "../../../src/features/epalm/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import {
  clsOf,
  configOf,
  frozenWeights,
  readReference,
  referenceCases,
  type ReferenceCase,
} from "../../support/epalm-reference.ts";
import { floats, furthest, ints, numbers, shapeOf, targetsOf } from "../../support/epalm-run.ts";

const adapterOf = (item: ReferenceCase): AdapterShape => {
  const { hidden, wordWidth } = configOf(item);
  return {
    features: new Array<number>(item.injected_hidden_states).fill(item.vis_dim),
    hidden,
    wordWidth,
    shared: item.shared_connector,
    prompt: item.prompt.len,
    promptNetwork: item.prompt.mlp,
    tokenNorm: false,
  };
};

const tensorsOf = (of: ReferenceCase["weights_trainable"]): Tensors =>
  new Map(
    Object.entries(of).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );

const expectClose = (found: Tensors, expected: ReferenceCase["weights_trainable"], within: number): void => {
  expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { data }] of Object.entries(expected))
    expect(furthest(found.get(name)?.data ?? [], data)).toBeLessThan(within);
};

describe.each(referenceCases())("an adapter trained as in $name", (item) => {
  test("has the gradients, and takes the five steps, of the authors' code", async () => {
    const config = configOf(item);
    const shape = adapterOf(item);
    const tensors = tensorsOf(item.weights_trainable);
    const session = await InferenceSession.create(
      trainingGraph(config, shapeOf(item, "legacy"), frozenWeights(item)),
    );
    const batch = item.input_ids.length;
    const features = clsOf(item).map((rows) => Float32Array.from(rows.flatMap((row) => [...row])));
    /** Their loss is 0.1 times the mean over rows. */
    const scale = 0.1 / batch;
    const look = async (): Promise<{ loss: number; gradients: Tensors }> => {
      const prompt = promptTokens(shape, tensors);
      const found = await session.run({
        input_ids: ints(item.input_ids),
        attention_mask: ints(item.attention_mask),
        targets: targetsOf(item),
        visual: floats(visualTokens(shape, tensors, features), [
          item.injected_hidden_states,
          batch,
          1,
          config.hidden,
        ]),
        prompt: floats(Float32Array.from([...prompt, ...prompt]), [batch, item.prompt.len, config.wordWidth]),
      });
      const ofRows = numbers(found.d_prompt);
      const gradients = await adapterGradients(shape, tensors, features, {
        dVisual: numbers(found.d_visual).map((slope) => scale * slope),
        dPrompt: prompt.map((_, i) => scale * ((ofRows[i] ?? 0) + (ofRows[prompt.length + i] ?? 0))),
      });
      return { loss: scale * numbers(found.loss).reduce((a, b) => a + b, 0), gradients };
    };
    const { optimizer_config: optimizer, losses_before_each_step_then_final: losses } = item.training;
    const state = startAdamW(tensors);
    const rate = (name: string): number =>
      name.startsWith("connector") ? optimizer.lr : optimizer.prompt_lr;
    for (const [step, expected] of losses.entries()) {
      const { loss, gradients } = await look();
      expect(loss).toBeCloseTo(expected, 4);
      if (step === 0) expectClose(gradients, item.grads_of_train_loss_scalar, 1e-5);
      if (step < losses.length - 1)
        stepAdamW(tensors, gradients, state, rate, { weightDecay: optimizer.weight_decay });
    }
    expectClose(tensors, item.training.weights_after, 1e-4);
    await session.release();
  });
});

interface Variant {
  readonly name: string;
  readonly lm_hidden: number;
  readonly lm_word_embed_proj_dim: number;
  readonly encoder_dim: number;
  readonly injected_hidden_states: number;
  readonly shared_connector: boolean;
  readonly prompt_len: number;
  readonly prompt_mlp: boolean;
  readonly checkpoint_model_keys: Readonly<Record<string, readonly number[]>>;
  readonly trainable_parameters: number;
}

describe("the tensors of", () => {
  const { rows } = readReference("shapes") as { rows: readonly Variant[] };
  test.each(rows)("$name are those of the authors' checkpoints", (row) => {
    const shape: AdapterShape = {
      features: new Array<number>(row.injected_hidden_states).fill(row.encoder_dim),
      hidden: row.lm_hidden,
      wordWidth: row.lm_word_embed_proj_dim,
      shared: row.shared_connector,
      prompt: row.prompt_len,
      promptNetwork: row.prompt_mlp,
      tokenNorm: false,
    };
    expect(Object.fromEntries(adapterShapes(shape))).toEqual(row.checkpoint_model_keys);
    expect(adapterSize(shape)).toBe(row.trainable_parameters);
  });
});

const SMALL: AdapterShape = {
  features: [3, 4],
  hidden: 5,
  wordWidth: 4,
  shared: false,
  prompt: 2,
  promptNetwork: true,
  tokenNorm: true,
};

describe("an adapter with normalised tokens", () => {
  const random = createRandom(1);
  const features = SMALL.features.map((width) =>
    Float32Array.from({ length: 2 * width }, () => random.next() - 0.5),
  );
  const tensors = initialAdapter(SMALL, random);

  test("gives the same tokens in slices", async () => {
    const rows = SMALL.features.map((width) =>
      Float32Array.from({ length: 5 * width }, () => random.next() - 0.5),
    );
    expect(await visualTokensInSlices(SMALL, tensors, rows)).toEqual(visualTokens(SMALL, tensors, rows));
  });

  test("gives tokens of root mean square 1 at first", () => {
    const tokens = visualTokens(SMALL, tensors, features);
    for (let from = 0; from < tokens.length; from += SMALL.hidden) {
      const squares = tokens.subarray(from, from + SMALL.hidden).reduce((sum, value) => sum + value ** 2, 0);
      expect(squares / SMALL.hidden).toBeCloseTo(1, 5);
    }
  });

  test("has the gradients of finite differences", async () => {
    const weighVisual = Float32Array.from({ length: 20 }, () => random.next() - 0.5);
    const weighPrompt = Float32Array.from({ length: 8 }, () => random.next() - 0.5);
    const value = (): number =>
      visualTokens(SMALL, tensors, features).reduce((sum, x, i) => sum + x * (weighVisual[i] ?? 0), 0) +
      promptTokens(SMALL, tensors).reduce((sum, x, i) => sum + x * (weighPrompt[i] ?? 0), 0);
    const gradients = await adapterGradients(SMALL, tensors, features, {
      dVisual: weighVisual,
      dPrompt: weighPrompt,
    });
    for (const [name, { data }] of tensors) {
      for (let i = 0; i < data.length; i++) {
        const kept = data[i] ?? 0;
        const at = (x: number): number => {
          data[i] = x;
          return value();
        };
        const slope = (at(kept + 1e-3) - at(kept - 1e-3)) / 2e-3;
        data[i] = kept;
        expect(Math.abs((gradients.get(name)?.data[i] ?? NaN) - slope)).toBeLessThan(3e-3);
      }
    }
  });
});

describe("an adapter from elsewhere", () => {
  test("is refused, with all that does not fit", () => {
    const tensors = initialAdapter(SMALL, createRandom(1));
    checkAdapter(SMALL, tensors);
    tensors.delete("connector.0.bias");
    tensors.set("connector.1.weight", { shape: [5, 3], data: new Float32Array(15) });
    tensors.set("adapter.7", { shape: [1], data: new Float32Array(1) });
    tensors.get("connector.0.weight")?.data.fill(Number.NaN, 0, 1);
    expect(() => {
      checkAdapter(SMALL, tensors);
    }).toThrow(
      "The adapter does not fit: connector.0.weight holds a number that is not finite; connector.0.bias is missing; " +
        "connector.1.weight is [5, 3] and should be [5, 4]; adapter.7 is of no use here.",
    );
  });
});

test("gradients are scaled down together, and only where they are too long", () => {
  const gradients: Tensors = new Map([
    ["a", { shape: [1], data: Float32Array.of(3) }],
    ["b", { shape: [1], data: Float32Array.of(4) }],
  ]);
  expect(clipGradients(gradients, 10)).toBe(5);
  expect(gradients.get("a")?.data[0]).toBe(3);
  expect(clipGradients(gradients, 1)).toBe(5);
  expect([...(gradients.get("a")?.data ?? []), ...(gradients.get("b")?.data ?? [])]).toEqual([
    Math.fround(0.6),
    Math.fround(0.8),
  ]);
});
