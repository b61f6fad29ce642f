import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beamSearch,
  decoderGraph,
  promptTokens,
  rankAnswers,
  sample,
  startDecoding,
  stepGraph,
  visualTokens,
  type AdapterShape,
  type Before,
  type Decoder,
  type InjectionMode,
  type RunNetwork,
} from "../../../src/features/epalm/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import { clsOf, configOf, frozenWeights, referenceCases } from "../../support/epalm-reference.ts";
import { furthest, shapeOf } from "../../support/epalm-run.ts";

const { signal } = new AbortController();
const [item] = referenceCases();
if (item === undefined) throw new Error("there is no case");
const config = configOf(item);
const sessions: InferenceSession[] = [];

const networkOf = async (bytes: Uint8Array): Promise<RunNetwork> => {
  const session = await InferenceSession.create(bytes);
  sessions.push(session);
  return async (feeds, outputs) => {
    const given = Object.entries(feeds).map(
      ([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)] as const,
    );
    const found = await session.run(Object.fromEntries(given), [...outputs]);
    return outputs.map((name) => {
      const tensor = found[name];
      if (tensor === undefined) throw new Error(`there is no ${name}`);
      return { type: tensor.type, data: tensor.data, dims: tensor.dims };
    });
  };
};

const open = async (mode: InjectionMode): Promise<Decoder> => {
  const shape = shapeOf(item, mode);
  const weights = frozenWeights(item);
  const whole = await networkOf(decoderGraph(config, shape, weights, { places: "last" }));
  if (mode === "legacy") return { config, shape, whole };
  return { config, shape, whole, step: await networkOf(stepGraph(config, shape, weights)) };
};

const adapter: AdapterShape = {
  features: [item.vis_dim, item.vis_dim],
  hidden: config.hidden,
  wordWidth: config.wordWidth,
  shared: false,
  prompt: item.prompt.len,
  promptNetwork: true,
  tokenNorm: false,
};
const tensors = new Map(
  Object.entries(item.weights_trainable).map(([name, { shape, data }]) => [
    name,
    { shape, data: Float32Array.from(data) },
  ]),
);
/** The first image of the case, before these texts. */
const before = (...tokens: readonly (readonly number[])[]): Before => ({
  tokens,
  visual: visualTokens(
    adapter,
    tensors,
    clsOf(item).map(([first = new Float32Array()]) => Float32Array.from(tokens.flatMap(() => [...first]))),
  ),
  prompt: promptTokens(adapter, tensors),
});
const START = item.greedy_no_cache.start;

let legacy: Decoder;
let cached: Decoder;
beforeAll(async () => {
  [legacy, cached] = [await open("legacy"), await open("causal-drop")];
});
afterAll(async () => {
  await Promise.all(sessions.map((session) => session.release()));
});

/** The log probability of a text, token by token, each asked for from the start. */
const slowly = async (decoder: Decoder, tokens: readonly number[]): Promise<number> => {
  let sum = 0;
  for (const [i, token] of tokens.entries()) {
    const { logits } = await startDecoding(decoder, before([...START, ...tokens.slice(0, i)]));
    const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const all = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
    sum += (logits[token] ?? 0) - top - Math.log(all);
  }
  return sum;
};

describe("a text that is made", () => {
  test("greedily is that of the authors' code", async () => {
    const expected = item.greedy_no_cache.tokens.slice(START.length);
    const settings = { maxTokens: expected.length, temperature: 0, topP: 1 };
    const { tokens } = await sample(legacy, before(START), settings, createRandom(1), { signal });
    expect(tokens).toEqual(expected);
  });

  test("greedily is the same by a beam of one", async () => {
    const drawn = await sample(
      cached,
      before(START),
      { maxTokens: 8, temperature: 0, topP: 1 },
      createRandom(1),
      {
        signal,
      },
    );
    const [best] = await beamSearch(
      cached,
      before(START),
      { beams: 1, maxTokens: 8, lengthPenalty: 1 },
      signal,
    );
    expect(best?.tokens).toEqual(drawn.tokens);
    expect(best?.logProbability).toBeCloseTo(drawn.logProbability, 4);
  });

  test("by an open beam is the most probable of all that there are", async () => {
    const beams = config.vocabulary ** 2;
    const [best] = await beamSearch(cached, before(START), { beams, maxTokens: 2, lengthPenalty: 0 }, signal);
    let most = -Infinity;
    for (let first = 0; first < config.vocabulary; first++) {
      if (first === config.eos) {
        most = Math.max(most, await slowly(cached, [first]));
        continue;
      }
      const { logits } = await startDecoding(cached, before([...START, first]));
      const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
      const all = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
      most = Math.max(most, (await slowly(cached, [first])) - Math.log(all));
    }
    expect(best?.logProbability).toBeCloseTo(most, 4);
  });

  test("tells its log probability, as asked for token by token", async () => {
    const all = await beamSearch(cached, before(START), { beams: 3, maxTokens: 5, lengthPenalty: 1 }, signal);
    expect(all).toHaveLength(3);
    for (const { tokens, logProbabilities, logProbability, finished } of all) {
      const whole = finished ? [...tokens, config.eos] : tokens;
      expect(logProbability).toBeCloseTo(await slowly(cached, whole), 4);
      expect(logProbabilities).toHaveLength(tokens.length);
      const own = logProbabilities.reduce((a, b) => a + b, 0);
      expect(own).toBeCloseTo(await slowly(cached, tokens), 4);
    }
    expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).sort((a, b) => b - a));
  });

  test("at a temperature is drawn by its seed, and token by token", async () => {
    const settings = { maxTokens: 12, temperature: 1.5, topP: 0.95 };
    const draw = async (seed: number): Promise<{ tokens: readonly number[]; told: number[] }> => {
      const told: number[] = [];
      const { tokens } = await sample(cached, before(START), settings, createRandom(seed), {
        signal,
        onToken: (token) => told.push(token),
      });
      return { tokens, told };
    };
    const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
    expect(first).toEqual(again);
    expect(first.told).toEqual(first.tokens);
    expect(other.tokens).not.toEqual(first.tokens);
  });

  test("from the narrowest nucleus is the greedy one", async () => {
    const narrow = await sample(
      cached,
      before(START),
      { maxTokens: 6, temperature: 1, topP: 1e-9 },
      createRandom(5),
      { signal },
    );
    const greedy = await sample(
      cached,
      before(START),
      { maxTokens: 6, temperature: 0, topP: 1 },
      createRandom(5),
      {
        signal,
      },
    );
    expect(narrow.tokens).toEqual(greedy.tokens);
  });

  test("is no longer made when nobody wants it", async () => {
    const controller = new AbortController();
    const making = sample(
      cached,
      before(START),
      { maxTokens: 50, temperature: 1, topP: 1 },
      createRandom(1),
      {
        signal: controller.signal,
        onToken: () => {
          controller.abort(new Error("gone"));
        },
      },
    );
    await expect(making).rejects.toThrow("gone");
  });
});

describe("rows that are decoded together", () => {
  test.each([
    // What the authors' code gives for a row depends on the padding of its batch, which its visual token sees.
    {
      mode: "legacy",
      rows: [
        [2, 5, 9, 3],
        [2, 7, 8, 8],
      ],
    },
    {
      mode: "causal-drop",
      rows: [
        [2, 5, 9, 3],
        [2, 7],
      ],
    },
  ] as const)("go on from whichever row is said ($mode)", async ({ mode, rows }) => {
    const decoder = mode === "legacy" ? legacy : cached;
    const together = await startDecoding(decoder, before(...rows));
    const [first, second] = rows;
    const next = await together.next([4, 6, 8], [1, 0, 1]);
    const alone = [
      [...second, 4],
      [...first, 6],
      [...second, 8],
    ];
    for (const [row, tokens] of alone.entries()) {
      const { logits } = await startDecoding(decoder, before(tokens));
      const own = next.logits.slice(row * config.vocabulary, (row + 1) * config.vocabulary);
      expect(furthest(own, logits)).toBeLessThan(1e-5);
    }
  });
});

describe("given answers", () => {
  test("are ranked by what the decoder makes of each, however they share their beginnings", async () => {
    const answers = [[5], [5, 9], [5, 9, 3], [7, 7], [5]];
    const sums = await rankAnswers(cached, before(START), answers, signal);
    for (const [i, answer] of answers.entries())
      expect(sums[i]).toBeCloseTo(await slowly(cached, [...answer, config.eos]), 4);
    expect(sums[4]).toBe(sums[0]);
  });

  test("of which there are none have no rank", async () => {
    expect(await rankAnswers(cached, before(START), [], signal)).toEqual(new Float64Array(0));
  });
});
