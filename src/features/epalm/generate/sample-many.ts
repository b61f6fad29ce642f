import type { Random } from "../../../math/random.ts";
import type { Generated } from "./beam.ts";
import { startDecoding, type Before, type Decoder } from "./decoding.ts";
import { logProbabilities, topOf } from "./log-probabilities.ts";
import { draw, type SampleSettings } from "./sample.ts";

export interface SampleManySettings extends SampleSettings {
  /** Texts to be drawn. */
  readonly count: number;
  /** Tokens that are never drawn. */
  readonly banned?: readonly number[];
}

/**
 * Draws several texts after one row, which is read once; they grow together, a token each at a time.
 *
 * @param before of one row
 */
export const sampleMany = async (
  decoder: Decoder,
  before: Before,
  { count, maxTokens, temperature, topP, banned = [] }: SampleManySettings,
  random: Random,
  signal: AbortSignal,
): Promise<Generated[]> => {
  const { eos, vocabulary } = decoder.config;
  const logs = new Float64Array(vocabulary);
  const texts = Array.from({ length: count }, () => ({
    tokens: new Array<number>(),
    logProbabilities: new Array<number>(),
    logProbability: 0,
    finished: false,
  }));
  let decoding = await startDecoding(decoder, before);
  /** The texts that are still growing, and the row of the decoding that each grows from. */
  let growing = texts.map((text) => ({ text, row: 0 }));
  for (let made = 0; made < maxTokens && growing.length > 0; made++) {
    signal.throwIfAborted();
    for (const { text, row } of growing) {
      logProbabilities(decoding.logits, row, logs);
      for (const token of banned) logs[token] = -Infinity;
      const token = temperature === 0 ? (topOf(logs, 1)[0] ?? eos) : draw(logs, temperature, topP, random);
      const own = logs[token] ?? 0;
      text.logProbability += own;
      if (token === eos) {
        text.finished = true;
        continue;
      }
      text.tokens.push(token);
      text.logProbabilities.push(own);
    }
    growing = growing.filter(({ text }) => !text.finished);
    if (growing.length === 0 || made + 1 === maxTokens) break;
    decoding = await decoding.next(
      growing.map(({ text }) => text.tokens.at(-1) ?? eos),
      growing.map(({ row }) => row),
    );
    growing = growing.map(({ text }, row) => ({ text, row }));
  }
  return texts.map((text) => ({
    ...text,
    score: text.logProbability / Math.max(1, text.tokens.length + (text.finished ? 1 : 0)),
  }));
};
