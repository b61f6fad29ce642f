import { logProbabilities, topOf } from "./log-probabilities.ts";
import { startDecoding, type Before, type Decoder } from "./decoding.ts";

export interface BeamSettings {
  /** 1 is greedy. */
  readonly beams: number;
  /** Tokens to be made, the one that ends the text included. */
  readonly maxTokens: number;
  /** Log probabilities are divided by the number of tokens to this power; 0 prefers short texts, 1 is their mean. */
  readonly lengthPenalty: number;
}

/** A text that was made. */
export interface Generated {
  /** Without those before it, and without the one that ends it. */
  readonly tokens: readonly number[];
  /** Of each of its tokens. */
  readonly logProbabilities: readonly number[];
  /** The sum over its tokens, the one that ends it included. */
  readonly logProbability: number;
  readonly score: number;
  /** Whether it came to its end by itself. */
  readonly finished: boolean;
}

interface Hypothesis {
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly logProbability: number;
}

/**
 * The most probable texts after one row, best first: a beam search, which ends as soon as no text that is not finished
 * can overtake the finished ones.
 *
 * @param before of one row
 */
export const beamSearch = async (
  decoder: Decoder,
  before: Before,
  { beams, maxTokens, lengthPenalty }: BeamSettings,
  signal: AbortSignal,
): Promise<Generated[]> => {
  const { eos, vocabulary } = decoder.config;
  const scoreOf = ({ tokens, logProbability }: Hypothesis): number =>
    logProbability / Math.max(1, tokens.length) ** lengthPenalty;
  const finished: Generated[] = [];
  let open: readonly Hypothesis[] = [{ tokens: [], logProbabilities: [], logProbability: 0 }];
  let decoding = await startDecoding(decoder, before);
  const row = new Float64Array(vocabulary);
  for (let made = 0; made < maxTokens; made++) {
    signal.throwIfAborted();
    const candidates = open.flatMap((hypothesis, from) => {
      const logs = logProbabilities(decoding.logits, from, row);
      return topOf(logs, 2 * beams).map((token) => ({
        from,
        token,
        tokens: [...hypothesis.tokens, token],
        logProbabilities: [...hypothesis.logProbabilities, logs[token] ?? 0],
        logProbability: hypothesis.logProbability + (logs[token] ?? 0),
      }));
    });
    candidates.sort((a, b) => b.logProbability - a.logProbability || a.from - b.from || a.token - b.token);
    const going: typeof candidates = [];
    for (const [place, candidate] of candidates.entries()) {
      if (going.length === beams) break;
      if (candidate.token !== eos) going.push(candidate);
      else if (place < beams)
        finished.push({
          tokens: candidate.tokens.slice(0, -1),
          logProbabilities: candidate.logProbabilities.slice(0, -1),
          logProbability: candidate.logProbability,
          score: scoreOf(candidate),
          finished: true,
        });
    }
    finished.sort((a, b) => b.score - a.score);
    open = going;
    const [best] = going;
    const worstKept = finished[beams - 1];
    if (best === undefined || made + 1 === maxTokens) break;
    if (worstKept !== undefined && bestPossible(best, maxTokens, lengthPenalty) <= worstKept.score) break;
    decoding = await decoding.next(
      going.map(({ token }) => token),
      going.map(({ from }) => from),
    );
  }
  if (finished.length < beams)
    finished.push(
      ...open.map((hypothesis) => ({ ...pick(hypothesis), score: scoreOf(hypothesis), finished: false })),
    );
  return finished.sort((a, b) => b.score - a.score).slice(0, beams);
};

/** What the score of a text that goes on can come to: every further token costs nothing. */
const bestPossible = ({ logProbability, tokens }: Hypothesis, maxTokens: number, penalty: number): number =>
  logProbability / (penalty > 0 ? maxTokens : Math.max(1, tokens.length)) ** penalty;

const pick = ({ tokens, logProbabilities, logProbability }: Hypothesis): Hypothesis => ({
  tokens,
  logProbabilities,
  logProbability,
});
