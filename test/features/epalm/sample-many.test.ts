import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beamSearch,
  openDecoderModel,
  rankAnswers,
  sampleMany,
  type Before,
  type Decoder,
  type DecoderModel,
} from "../../../src/features/epalm/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import { temporaryDecoders, writeTinyDecoder } from "../../support/tiny-decoder.ts";

let folders: Awaited<ReturnType<typeof temporaryDecoders>>;
let model: DecoderModel;
let decoder: Decoder;
let before: Before;
beforeAll(async () => {
  folders = await temporaryDecoders();
  await writeTinyDecoder(folders.path("tiny"), { seed: 4 });
  model = await openDecoderModel(folders.path("tiny"));
  decoder = await model.open({ prompt: 0 });
  before = { tokens: [[model.config.bos, ...model.tokenizer.encode("what is it?</a>")]] };
});
afterAll(async () => {
  await model.close();
  await folders.remove();
});

const { signal } = new AbortController();
const settings = { count: 40, maxTokens: 5, temperature: 1, topP: 1 };

describe("texts that are drawn together", () => {
  test("have the probability that the same texts have as answers", async () => {
    const all = await sampleMany(decoder, before, settings, createRandom(2), signal);
    const ended = all.filter(({ finished }) => finished);
    expect(ended.length).toBeGreaterThan(0);
    const sums = await rankAnswers(
      decoder,
      before,
      ended.map(({ tokens }) => tokens),
      signal,
    );
    ended.forEach(({ logProbability }, i) => {
      expect(logProbability).toBeCloseTo(sums[i] ?? 0, 3);
    });
  });

  test("are all the most probable one where nothing is left to chance", async () => {
    const [best] = await beamSearch(decoder, before, { beams: 1, maxTokens: 5, lengthPenalty: 1 }, signal);
    const cold = { ...settings, count: 3, temperature: 0 };
    for (const { tokens } of await sampleMany(decoder, before, cold, createRandom(2), signal))
      expect(tokens).toEqual(best?.tokens);
  });

  test("never hold a token that is banned", async () => {
    const free = await sampleMany(decoder, before, settings, createRandom(2), signal);
    const banned = [...new Set(free.flatMap(({ tokens }) => tokens))].slice(0, 20);
    const others = await sampleMany(decoder, before, { ...settings, banned }, createRandom(2), signal);
    expect(others.flatMap(({ tokens }) => tokens).filter((token) => banned.includes(token))).toEqual([]);
  });

  test("begin with each token about as often as it is probable", async () => {
    const many = { ...settings, count: 2_000, maxTokens: 1 };
    const drawn = await sampleMany(decoder, before, many, createRandom(3), signal);
    const [likeliest] = await beamSearch(
      decoder,
      before,
      { beams: 1, maxTokens: 1, lengthPenalty: 1 },
      signal,
    );
    const share = drawn.filter(({ tokens }) => tokens[0] === likeliest?.tokens[0]).length / many.count;
    const expected = Math.exp(likeliest?.logProbability ?? 0);
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / many.count));
  });
});
