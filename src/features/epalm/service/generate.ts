import type { z } from "@hono/zod-openapi";
import type { questions } from "../api/adapters.ts";
import type { generateAnswer, generateRequest, madeToken } from "../api/generate.ts";
import { GENERATE_DEFAULTS } from "../defaults.ts";
import { AnchorageError, invalidField, type FieldPath } from "../../../errors.ts";
import {
  ANSWER_MARK,
  extractAnswer,
  authorsQuestionPrompt,
  beamSearch,
  captionPrompt,
  decoderShape,
  plainText,
  questionPrompt,
  rankAnswers,
  sample,
  type Before,
  type DecoderModel,
  type Generated,
} from "../index.ts";
import { createRandom } from "../../../math/random.ts";
import type { Decoders } from "./decoders.ts";
import { requireDecoder } from "./compatibility.ts";
import { inputsOf, type InputSources } from "./adapter-inputs.ts";
import type { Neighbour } from "./types.ts";

export type GenerateRequest = Omit<z.output<typeof generateRequest>, "stream">;
export type GenerateAnswer = z.output<typeof generateAnswer>;
type Questions = z.output<typeof questions>;
type MadeToken = z.output<typeof madeToken>;

export interface GenerateContext {
  readonly signal: AbortSignal;
  /** Called with each token as it is made, unless several texts are made. */
  readonly onToken?: (token: MadeToken) => void;
}

/**
 * Has the adapter's decoder answer a question about an input, or caption it.
 *
 * @throws AnchorageError `not-found` for a collection, an adapter or a decoder that is not there; `conflict` where the
 * encoders or the decoder have other weights than the adapter is for; `invalid-input` that names the field
 */
export const generate = async (
  sources: InputSources,
  decoders: Decoders,
  request: GenerateRequest,
  { signal, onToken }: GenerateContext,
): Promise<GenerateAnswer> => {
  const began = performance.now();
  const { collection, adapter: reference, neighbours = 0, maxTokens = GENERATE_DEFAULTS.maxTokens } = request;
  const { adapter, record } = await sources.records.load(reference);
  const decoder = await decoders.get(adapter.settings.decoder.id);
  requireDecoder(decoder, adapter.settings);
  const named = `${record.id}@${record.version}`;
  const inputs = await inputsOf(
    sources,
    collection,
    { inputs: [request.input], adapter: named, ...(neighbours > 0 ? { neighbours } : {}) },
    signal,
    () => ["input"],
  );
  const { questions = "plain" } = adapter.settings;
  const candidates = request.candidates?.map((text, i) =>
    candidateOf(decoder, questions, text, ["candidates", i]),
  );
  const room = candidates?.reduce((most, { tokens }) => Math.max(most, tokens.length + 1), 0) ?? maxTokens;
  const asked = fitting(
    decoder,
    questions,
    request.prompt ?? "",
    inputs.neighbours?.[0] ?? [],
    room,
    candidates === undefined ? "maxTokens" : "candidates",
  );
  const made = inputs.made;
  if (made === undefined) throw new TypeError("an adapter makes inputs");
  // Of one input the two orders of axes are the same.
  const before: Before = {
    tokens: [asked.tokens],
    visual: made.prefix,
    ...(made.prompt.length === 0 ? {} : { prompt: made.prompt }),
  };
  const opened = await decoder.open(decoderShape(adapter.settings));
  const ready = performance.now();
  const common = {
    anchors: asked.anchors.map(({ id, caption, similarity }) => ({ id, caption, similarity })),
    prompt: asked.text,
    adapter: made.adapter,
    decoder: { id: decoder.id, sha256: decoder.sha256 },
    sequence: inputs.sequence,
  };
  const timed = () => ({
    inputs: Math.round(ready - began),
    generation: Math.round(performance.now() - ready),
  });
  if (candidates !== undefined) {
    const tokens = candidates.map((candidate) => candidate.tokens);
    const sums = await rankAnswers(opened, before, tokens, signal);
    requireFinite(sums);
    const alternatives = candidates
      .map(({ text }, i) => ({ answer: text, logProbability: sums[i] ?? -Infinity }))
      // Of one probability the first that was given comes first.
      .sort((a, b) => b.logProbability - a.logProbability);
    const { answer = "", logProbability = 0 } = alternatives[0] ?? {};
    return { answer, tokens: [], logProbability, finished: true, alternatives, ...common, tookMs: timed() };
  }
  const { beams, temperature, topP, seed } = { ...GENERATE_DEFAULTS, ...request };
  const readToken = tokenReader(decoder);
  const texts: readonly Generated[] =
    beams > 1
      ? await beamSearch(opened, before, { beams, maxTokens, lengthPenalty: 1 }, signal)
      : [
          await sample(opened, before, { maxTokens, temperature, topP }, createRandom(seed), {
            signal,
            onToken: (token, logProbability) => onToken?.(readToken(token, logProbability)),
          }),
        ];
  requireFinite(texts.map(({ logProbability }) => logProbability));
  const [best] = texts;
  // Text behind a second answer mark belongs to another question.
  const answerIn = ({ tokens }: Pick<Generated, "tokens">): string =>
    extractAnswer(`${ANSWER_MARK}${decoder.tokenizer.decode(tokens)}`).trim();
  const read = tokenReader(decoder);
  return {
    answer: best === undefined ? "" : answerIn(best),
    tokens: best?.tokens.map((token, i) => read(token, best.logProbabilities[i] ?? 0)) ?? [],
    logProbability: best?.logProbability ?? 0,
    finished: best?.finished ?? false,
    alternatives: texts.map((text) => ({ answer: answerIn(text), logProbability: text.logProbability })),
    ...common,
    tookMs: timed(),
  };
};

/** Gives the text that each token adds. Where several tokens make up the bytes of one character, the last one has it. */
const tokenReader = ({ tokenizer }: DecoderModel): ((id: number, logProbability: number) => MadeToken) => {
  const ids: number[] = [];
  let shown = "";
  return (id, logProbability) => {
    ids.push(id);
    const whole = tokenizer.decode(ids);
    const isCut = whole.endsWith("\ufffd");
    const text = isCut ? "" : whole.slice(shown.length);
    if (!isCut) shown = whole;
    return { id, text, logProbability };
  };
};

const candidateOf = ({ tokenizer }: DecoderModel, questions: Questions, text: string, path: FieldPath) => {
  const tokens = tokenizer.encode(questions === "verbatim" ? text : plainText(text));
  if (tokens.length === 0) throw invalidField(path, "must not be blank");
  return { text, tokens };
};

/**
 * The prompt: the question, and as many captions before it as fit.
 *
 * @param made the field whose tokens take the rest of the positions
 * @throws AnchorageError `invalid-input` if the question alone does not fit
 */
const fitting = (
  { tokenizer, config }: DecoderModel,
  questions: Questions,
  prompt: string,
  neighbours: readonly Neighbour[],
  room: number,
  made: "candidates" | "maxTokens",
) => {
  const isCaption = plainText(prompt) === "";
  const promptOf = questions === "verbatim" ? authorsQuestionPrompt : questionPrompt;
  /** Tokens of the question alone, which is tried last. */
  let asked = 0;
  const captioned = neighbours.filter(({ caption }) => caption !== null && plainText(caption) !== "");
  for (let count = captioned.length; count >= 0; count--) {
    const anchors = captioned.slice(0, count);
    const captions = anchors.map(({ caption }) => caption ?? "");
    const text = isCaption ? captionPrompt(captions) : promptOf(prompt, captions);
    const tokens = [config.bos, ...tokenizer.encode(text)];
    asked = tokens.length;
    if (tokens.length + room <= config.positions) return { text, tokens, anchors };
  }
  const takes = `than the ${config.positions} places of the decoder`;
  if (room >= asked)
    throw invalidField(
      [made],
      made === "maxTokens"
        ? `is too many: with what is read first it is more ${takes}`
        : `hold one that is too long: with what is read first it takes more ${takes}`,
    );
  throw invalidField(["prompt"], `is too long: with what is to be made it takes more ${takes}`);
};

/** @throws AnchorageError `unprocessable` if the adapter's numbers are too large to give probabilities */
const requireFinite = (logProbabilities: ArrayLike<number>): void => {
  if (Array.from(logProbabilities).every(Number.isFinite)) return;
  throw new AnchorageError(
    "unprocessable",
    "The adapter's output for this input is too large for the decoder, which gives no probabilities for it.",
  );
};
