import { extractAnswer, questionPrompt, sampleMany, type DecoderModel } from "../../epalm/index.ts";
import { AnchorageError } from "../../../errors.ts";
import type { Generator, Proposed } from "../types.ts";
import { isProposable, proposalText, textPayload } from "./texts.ts";

export interface LanguageModelSettings {
  readonly name?: string;
  /** Stands before what is made, with the best of the round before where `{}` is; absent: a question. */
  readonly prompt?: string;
  /** Asked where there is no prompt; absent: what is it? */
  readonly question?: string;
  /** What every proposal begins with. */
  readonly prefix?: string;
  /** Survivors that come into the prompt, at most; absent: 3. */
  readonly feedback?: number;
  /** Above 0; absent: 1. */
  readonly temperature?: number;
  /** Of the most probable tokens so many as hold this share together; absent: 0.95. */
  readonly topP?: number;
  /** Tokens of a proposal at most, without its prefix; absent: 16. */
  readonly maxTokens?: number;
}

const QUESTION = "what is it?";
const FEEDBACK = 3;
const TOP_P = 0.95;
const MAX_TOKENS = 16;
/** Texts that grow together. */
const ROWS = 32;
/** Draws for each proposal that is wanted, until enough of them are new. */
const DRAWS = 3;

/**
 * Texts drawn from a causal language model, which goes on from `like: {a}; {b}; {c}. {question}</a>{prefix}`: a, b and c
 * are the best of the round before, best first, and in the first round there are none. A prompt of one's own takes the
 * place of what stands before the prefix.
 *
 * @throws AnchorageError `unprocessable` where the model has no room for what stands before a proposal
 */
export const createLanguageModelGenerator = (
  { open, tokenizer, config }: DecoderModel,
  {
    name = "language-model",
    prompt,
    question = QUESTION,
    prefix = "",
    feedback = FEEDBACK,
    temperature = 1,
    topP = TOP_P,
    maxTokens = MAX_TOKENS,
  }: LanguageModelSettings = {},
): Generator => {
  const begun = tokenizer.encode(prefix);
  const tokensBefore = (kept: readonly string[]): number[] => {
    const text = prompt?.replaceAll("{}", () => kept.join("; ")) ?? questionPrompt(question, kept);
    return [config.bos, ...tokenizer.encode(text), ...begun];
  };
  const fits = (tokens: readonly number[]): boolean => tokens.length + maxTokens <= config.positions;
  if (!fits(tokensBefore([])))
    throw new AnchorageError(
      "unprocessable",
      `the decoder has ${config.positions} places, too few for the prompt, the prefix and ${maxTokens} tokens more`,
    );
  const banned = [tokenizer.answer, config.pad, config.bos].filter((token) => token !== config.eos);
  const textOfTokens = (tokens: readonly number[]): string => {
    const [line = ""] = extractAnswer(tokenizer.decode([...begun, ...tokens])).split("\n");
    return line.trim();
  };

  return {
    name,
    propose: async (state, count, random, signal) => {
      let from = state.survivors
        .filter(({ proposal }) => proposalText(proposal) !== undefined)
        .slice(0, feedback);
      const keptOf = (): string[] => from.map(({ proposal }) => proposalText(proposal) ?? "");
      // A survivor may be as long as the model has places.
      while (!fits(tokensBefore(keptOf()))) from = from.slice(0, -1);
      const before = { tokens: [tokensBefore(keptOf())] };
      const parents = from.map(({ proposal }) => proposal.id);
      const decoder = await open({ prompt: 0 });
      const made = new Map<string, Proposed>();
      for (let drawn = 0; drawn < DRAWS * count && made.size < count; drawn += ROWS) {
        const settings = { count: Math.min(ROWS, count), maxTokens, temperature, topP, banned };
        for (const { tokens, logProbability } of await sampleMany(
          decoder,
          before,
          settings,
          random,
          signal,
        )) {
          const text = textOfTokens(tokens);
          const payload = textPayload(text);
          const isNew = !made.has(text) && !state.has(payload);
          if (made.size < count && isNew && isProposable(text))
            made.set(text, { payload, parents, logProbability });
        }
      }
      return [...made.values()];
    },
  };
};
