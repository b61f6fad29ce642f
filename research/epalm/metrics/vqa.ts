import { CONTRACTIONS } from "./contractions.ts";

const MARKS = '; / [ ] " { } ( ) = + \\ _ - > < @ ` , ? !'.split(" ");
const NUMBERS = new Map(
  ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].map((word, i) => [
    word,
    String(i),
  ]),
).set("zero", "0");
const ARTICLES: ReadonlySet<string> = new Set(["a", "an", "the"]);
/** A comma in a number. */
const GROUPED = /\p{Nd},\p{Nd}/u;
const PERIOD = /\.(?!\p{Nd})/u;
/** The official code gives a flag where the number of replacements stands. */
const PERIODS = 32;
/** Of the answers to a question that many others must agree with a right one. */
const AGREEING = 3;

/**
 * The punctuation rule of the VQA evaluation (Antol et al., ICCV 2015, its code of 2015): a mark is dropped where the text
 * has it beside a space, or has a comma in a number; else it becomes a space. Of periods the first 32 that no digit
 * follows are dropped.
 */
export const withoutPunctuation = (text: string): string => {
  const isGrouped = GROUPED.test(text);
  let result = text;
  for (const mark of MARKS) {
    const drop = isGrouped || text.includes(`${mark} `) || text.includes(` ${mark}`);
    result = result.replaceAll(mark, drop ? "" : " ");
  }
  for (let i = 0; i < PERIODS && PERIOD.test(result); i++) result = result.replace(PERIOD, "");
  return result;
};

/** An answer as the VQA evaluation compares it: in lower case, without punctuation and articles, numbers as digits. */
export const normaliseAnswer = (answer: string): string =>
  withoutPunctuation(answer.replaceAll(/[\n\t]/g, " ").trim())
    .toLowerCase()
    .split(/\s+/u)
    .map((word) => NUMBERS.get(word) ?? word)
    .filter((word) => word !== "" && !ARTICLES.has(word))
    .map((word) => CONTRACTIONS.get(word) ?? word)
    .join(" ");

/**
 * VQA accuracy of an answer, in [0, 1]: how many of the other nine people agree with it, three being enough, mean over
 * the ten that are left out in turn.
 */
export const vqaAccuracy = (answer: string, answers: readonly string[]): number => {
  const own = normaliseAnswer(answer);
  const given = new Set(answers).size > 1 ? answers.map(withoutPunctuation) : answers;
  const all = given.filter((each) => each === own).length;
  const shares = given.map((each) => Math.min(1, (all - (each === own ? 1 : 0)) / AGREEING));
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
};

/** The score of an answer among those with a score, all normalised; 0 where it is none of them (GQA's evaluation). */
export const answerScore = (answer: string, scores: ReadonlyMap<string, number>): number => {
  const own = withoutCommas(answer);
  for (const [text, score] of scores) if (withoutCommas(text) === own) return score;
  return 0;
};

/** Whether two answers are the same once they are normalised. */
export const isExactMatch = (answer: string, expected: string): boolean =>
  answerScore(answer, new Map([[expected, 1]])) === 1;

const withoutCommas = (text: string): string => normaliseAnswer(text).replaceAll(",", "");
