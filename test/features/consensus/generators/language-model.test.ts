import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLanguageModelGenerator } from "../../../../src/features/consensus/generators/index.ts";
import type { Payload, Proposed, RankedProposal, State } from "../../../../src/features/consensus/index.ts";
import { openDecoderModel, startDecoding, type DecoderModel } from "../../../../src/features/epalm/index.ts";
import { logProbabilities } from "../../../../src/features/epalm/generate/log-probabilities.ts";
import { createRandom } from "../../../../src/math/random.ts";
import { temporaryDecoders, writeTinyDecoder } from "../../../support/tiny-decoder.ts";

let decoders: Awaited<ReturnType<typeof temporaryDecoders>>;
let model: DecoderModel;
beforeAll(async () => {
  decoders = await temporaryDecoders();
  await writeTinyDecoder(decoders.path("tiny"), { seed: 3 });
  model = await openDecoderModel(decoders.path("tiny"));
});
afterAll(async () => {
  await model.close();
  await decoders.remove();
});

const { signal } = new AbortController();
const nobody = (): boolean => false;
const FIRST: State = { round: 1, survivors: [], has: nobody };

const kept = (...texts: string[]): RankedProposal[] =>
  texts.map((text, i) => ({
    proposal: { id: `p${i}`, payload: { kind: "text", text }, parents: [], generator: "list", round: 1 },
    multiplicity: 1,
    value: 0,
    scores: [],
    judged: true,
  }));

const textsOf = (proposed: readonly Proposed[]): string[] =>
  proposed.map(({ payload }) => (payload.kind === "text" ? payload.text : ""));

describe("a language model", () => {
  test("proposes texts that begin with the prefix, each once, no more than are wanted", async () => {
    const generator = createLanguageModelGenerator(model, { prefix: "a red", maxTokens: 4 });
    const texts = textsOf(await generator.propose(FIRST, 12, createRandom(1), signal));
    expect(texts).toHaveLength(12);
    expect(new Set(texts).size).toBe(12);
    for (const text of texts) expect(text).toMatch(/^a red/);
  });

  test("proposes the same for the same seed, and other texts for another", async () => {
    const generator = createLanguageModelGenerator(model, { maxTokens: 4 });
    const of = async (seed: number) => generator.propose(FIRST, 8, createRandom(seed), signal);
    expect(await of(1)).toEqual(await of(1));
    expect(textsOf(await of(2))).not.toEqual(textsOf(await of(1)));
  });

  test("tells how probable each text is", async () => {
    const generator = createLanguageModelGenerator(model, {
      question: "which group is it in?",
      maxTokens: 1,
    });
    const [first] = await generator.propose(FIRST, 1, createRandom(5), signal);
    const decoder = await model.open({ prompt: 0 });
    const { logits } = await startDecoding(decoder, {
      tokens: [model.tokenizer.encode("</s>which group is it in?</a>")],
    });
    const logs = logProbabilities(logits, 0, new Float64Array(model.config.vocabulary));
    expect([...logs]).toContainEqual(expect.closeTo(first?.logProbability ?? 0, 4));
  });

  test("proposes nothing that was proposed before", async () => {
    const generator = createLanguageModelGenerator(model, { maxTokens: 2 });
    const known = new Set(textsOf(await generator.propose(FIRST, 20, createRandom(1), signal)));
    const has = (payload: Payload): boolean => payload.kind === "text" && known.has(payload.text);
    const others = textsOf(await generator.propose({ ...FIRST, has }, 20, createRandom(1), signal));
    expect(others.filter((text) => known.has(text))).toEqual([]);
  });

  test("reads the best of the round before, and names them as parents", async () => {
    const state = { ...FIRST, round: 2, survivors: kept("red fox", "red car", "red rose") };
    const told = createLanguageModelGenerator(model, { feedback: 2, maxTokens: 4 });
    const written = createLanguageModelGenerator(model, {
      prompt: "like: red fox; red car. what is it?</a>",
      maxTokens: 4,
    });
    const proposed = await told.propose(state, 6, createRandom(4), signal);
    expect(proposed.map(({ parents }) => parents)).toEqual(proposed.map(() => ["p0", "p1"]));
    expect(textsOf(await written.propose(FIRST, 6, createRandom(4), signal))).toEqual(textsOf(proposed));
  });

  test("puts them where a prompt of one's own has a place for them", async () => {
    const state = { ...FIRST, round: 2, survivors: kept("red fox", "red car") };
    const [told, written] = ["such as {}. what is it?</a>", "such as red fox; red car. what is it?</a>"].map(
      (prompt) => createLanguageModelGenerator(model, { prompt, maxTokens: 4 }),
    );
    const of = async (generator = told) =>
      textsOf((await generator?.propose(state, 6, createRandom(4), signal)) ?? []);
    expect(await of(told)).toEqual(await of(written));
  });

  test("leaves out survivors that it has no room for", async () => {
    const long = Array.from({ length: 40 }, () => "red fox").join(" ");
    const generator = createLanguageModelGenerator(model, { maxTokens: 4 });
    const state = { ...FIRST, round: 2, survivors: kept("red fox", long) };
    const proposed = await generator.propose(state, 3, createRandom(1), signal);
    expect(proposed.map(({ parents }) => parents)).toEqual([["p0"], ["p0"], ["p0"]]);
  });

  test("is not made where it has no room for its prompt", () => {
    const prompt = Array.from({ length: 90 }, () => "fox").join(" ");
    expect(() => createLanguageModelGenerator(model, { prompt })).toThrow("64 places, too few");
  });

  test("stops where it is told to", async () => {
    const generator = createLanguageModelGenerator(model);
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(generator.propose(FIRST, 3, createRandom(1), stopped)).rejects.toThrow("enough");
  });
});
