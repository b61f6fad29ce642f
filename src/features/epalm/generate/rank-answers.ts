import { startDecoding, type Before, type Decoder } from "./decoding.ts";
import { logProbabilities } from "./log-probabilities.ts";

/** The sums of log probabilities of given answers after one row, the end of the text included; in their order. */
export const rankAnswers = async (
  decoder: Decoder,
  before: Before,
  answers: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Float64Array> => {
  const { eos, vocabulary } = decoder.config;
  const logs = new Float64Array(vocabulary);
  const sums = new Float64Array(answers.length);
  const whole = answers.map((tokens) => [...tokens, eos]);
  let decoding = await startDecoding(decoder, before);
  /** The row of the decoding that each answer goes on from; answers that begin alike share it. */
  let rows = answers.map(() => 0);
  const longest = whole.reduce((most, { length }) => Math.max(most, length), 0);
  for (let place = 0; place < longest; place++) {
    signal.throwIfAborted();
    const places = new Map<string, number>();
    const [tokens, from]: [number[], number[]] = [[], []];
    const now = rows;
    rows = whole.map((answer, i) => {
      const token = answer[place];
      const row = now[i] ?? 0;
      if (token === undefined) return row;
      sums[i] = (sums[i] ?? 0) + (logProbabilities(decoding.logits, row, logs)[token] ?? 0);
      if (place + 1 >= answer.length) return row;
      const key = `${row} ${token}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, tokens.length);
      tokens.push(token);
      from.push(row);
      return tokens.length - 1;
    });
    if (tokens.length === 0) break;
    decoding = await decoding.next(tokens, from);
  }
  return sums;
};
