import { bleu, cider, isExactMatch, rougeL, wordsOf, type Captioned } from "../metrics/index.ts";
import { createRandom } from "../../../src/math/random.ts";
import { bootstrapInterval, mean, quantile, type Interval } from "../../../src/math/statistics.ts";
import { ASKED, type Item } from "./questions.ts";

/** In percent; CIDEr times 100, as papers have it. */
export interface Score extends Interval {
  readonly value: number;
  readonly count: number;
}

/** Exact match of a kind of question, or a metric of captions. */
export type Measure = "what" | "colour" | "group" | "count" | "cider" | "bleu4" | "rougeL" | "all";

export type Scores = Readonly<Partial<Record<Measure, Score>>>;

const SEED = 12;
const RESAMPLES = 200;

/**
 * How good answers are, with 95 % bootstrap intervals over emoji: exact match after the VQA evaluation's normaliser for
 * each kind of question and (`all`) as the mean over kinds; CIDEr, BLEU-4 and ROUGE-L of captions.
 *
 * @param answers in the order of `items`
 */
export const scoresOf = (items: readonly Item[], answers: readonly string[]): Scores => {
  const scores: Partial<Record<Measure, Score>> = {};
  const right = items.map(({ answer }, i) => (isExactMatch(answers[i] ?? "", answer) ? 100 : 0));
  for (const asked of ASKED) {
    if (asked === "caption") continue;
    const own = items.flatMap((item, i) => (item.asked === asked ? [{ ...item, value: right[i] ?? 0 }] : []));
    if (own.length > 0) scores[asked] = withInterval(own);
  }
  const kinds = Object.values(scores);
  if (kinds.length > 0)
    scores.all = {
      value: mean(kinds.map(({ value }) => value)),
      // Kinds of questions are drawn apart from each other.
      ...spread(kinds),
      count: kinds.reduce((sum, { count }) => sum + count, 0),
    };
  const captions = items.flatMap((item, i) =>
    item.asked === "caption" ? [{ item, made: answers[i] ?? "" }] : [],
  );
  if (captions.length === 0) return scores;
  const told = captions.map(({ item, made }): Captioned => ({
    words: wordsOf(made),
    references: [wordsOf(item.answer)],
  }));
  const each = (values: readonly number[]): Score =>
    withInterval(captions.map(({ item }, i) => ({ ...item, value: 100 * (values[i] ?? 0) })));
  scores.cider = each(cider(told));
  scores.rougeL = each(rougeL(told));
  scores.bleu4 = { ...bleuInterval(told), count: told.length };
  return scores;
};

const withInterval = (values: readonly { readonly hexcode: string; readonly value: number }[]): Score => {
  const groups = new Map<string, number[]>();
  for (const { hexcode, value } of values) groups.set(hexcode, [...(groups.get(hexcode) ?? []), value]);
  return {
    value: mean(values.map(({ value }) => value)),
    ...bootstrapInterval([...groups.values()], { seed: SEED }),
    count: values.length,
  };
};

/** The mean of independent values, each with an interval of its own. */
const spread = (kinds: readonly Score[]): Interval => {
  const value = mean(kinds.map((kind) => kind.value));
  const half = (end: "low" | "high"): number =>
    Math.sqrt(kinds.reduce((sum, kind) => sum + (kind[end] - kind.value) ** 2, 0)) / kinds.length;
  return { low: value - half("low"), high: value + half("high") };
};

const bleuInterval = (told: readonly Captioned[]): Interval & { readonly value: number } => {
  const of = (captions: readonly Captioned[]): number => 100 * (bleu(captions)[3] ?? 0);
  const random = createRandom(SEED);
  const drawn = Float64Array.from({ length: RESAMPLES }, () =>
    of(told.map(() => told[random.integer(told.length)] ?? { words: [], references: [] })),
  ).sort();
  return { value: of(told), low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
};
