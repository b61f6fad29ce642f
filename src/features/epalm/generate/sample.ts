import type { Random } from "../../../math/random.ts";
import { startDecoding, type Before, type Decoder } from "./decoding.ts";
import type { Generated } from "./beam.ts";
import { logProbabilities, topOf } from "./log-probabilities.ts";

export interface SampleSettings {
  readonly maxTokens: number;
  /** 0 takes the most probable token. */
  readonly temperature: number;
  /** Of the most probable tokens so many as hold this share together. */
  readonly topP: number;
}

/**
 * Draws a text token by token, after one row.
 *
 * @param onToken called with each token but the one that ends the text
 */
export const sample = async (
  decoder: Decoder,
  before: Before,
  { maxTokens, temperature, topP }: SampleSettings,
  random: Random,
  options: {
    readonly signal: AbortSignal;
    readonly onToken?: (token: number, logProbability: number) => void;
  },
): Promise<Generated> => {
  const { eos, vocabulary } = decoder.config;
  const logs = new Float64Array(vocabulary);
  const tokens: number[] = [];
  const each: number[] = [];
  let logProbability = 0;
  let decoding = await startDecoding(decoder, before);
  let finished = false;
  while (tokens.length < maxTokens) {
    options.signal.throwIfAborted();
    logProbabilities(decoding.logits, 0, logs);
    const token = temperature === 0 ? (topOf(logs, 1)[0] ?? eos) : draw(logs, temperature, topP, random);
    const own = logs[token] ?? 0;
    logProbability += own;
    if (token === eos) {
      finished = true;
      break;
    }
    tokens.push(token);
    each.push(own);
    options.onToken?.(token, own);
    if (tokens.length < maxTokens) decoding = await decoding.next([token], [0]);
  }
  const made = Math.max(1, tokens.length + (finished ? 1 : 0));
  return { tokens, logProbabilities: each, logProbability, score: logProbability / made, finished };
};

/** Tokens that are so much less probable than the first, in nats, are never drawn: all of them together hardly count. */
const FAR = 23;

/**
 * Nucleus sampling (Holtzman et al., arXiv 1904.09751).
 *
 * @param logs of the tokens' probabilities; one of `-Infinity` is never drawn
 */
export const draw = (logs: Float64Array, temperature: number, topP: number, random: Random): number => {
  const top = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const order: number[] = [];
  logs.forEach((log, token) => {
    if (log - top > -FAR * temperature) order.push(token);
  });
  order.sort((a, b) => (logs[b] ?? 0) - (logs[a] ?? 0) || a - b);
  const shares = order.map((token) => Math.exp(((logs[token] ?? 0) - top) / temperature));
  const all = shares.reduce((a, b) => a + b, 0);
  let count = 0;
  for (let sum = 0; count < shares.length && sum < topP * all; count++) sum += shares[count] ?? 0;
  const kept = shares.slice(0, Math.max(1, count));
  let left = random.next() * kept.reduce((a, b) => a + b, 0);
  for (const [i, share] of kept.entries()) {
    left -= share;
    if (left < 0) return order[i] ?? 0;
  }
  return order[kept.length - 1] ?? 0;
};
