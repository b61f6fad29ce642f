import { numbersIn, readStep, type Problem, type Step } from "./problems.ts";

/** Results this many times as large or small as the first operand are as good as any other. */
const LARGEST_POWER = 6;

/**
 * What a classifier sees of the last step of a solution, by name: which numbers of which sentences it takes, with which
 * words around them, in which order, and how large the result is. Whether the result is right it cannot see.
 */
export const featuresOf = (
  { sentences }: Pick<Problem, "sentences">,
  steps: readonly string[],
  done: boolean,
): string[] => {
  const step = readStep(steps.at(-1));
  if (step === undefined) return ["unreadable"];
  const before = steps.slice(0, -1).flatMap((text) => readStep(text) ?? []);
  const places = sentences.map(numbersIn);
  const used = new Set(before.flatMap(({ left, right }) => [left, right]));
  const furthest = before.reduce(
    (far, { left, right }) => Math.max(far, placeOf(places, left), placeOf(places, right)),
    0,
  );
  const { operation } = step;
  const left = originOf(step.left, { places, before, used });
  const right = originOf(step.right, { places, before, used });
  const named = [
    operation,
    `first ${operation} ${String(before.length === 0)}`,
    `left ${operation} ${left}`,
    `right ${operation} ${right}`,
    `both ${left} ${right}`,
    `after ${before.at(-1)?.operation ?? "nothing"} ${operation} ${left} ${right}`,
    `magnitude ${operation} ${magnitudeOf(step)}`,
    `whole ${String(Number.isInteger(step.result))} ${String(step.result > 0)}`,
    `ahead ${aheadOf(placeOf(places, step.right), furthest, places)}`,
    `together ${String(placeOf(places, step.left) === placeOf(places, step.right))} ${operation}`,
  ];
  const [leftSentence, rightSentence] = [step.left, step.right].map(
    (operand) => sentences[placeOf(places, operand)],
  );
  for (const word of wordsOf(rightSentence)) named.push(`right word ${operation} ${word}`);
  for (const word of wordsOf(leftSentence)) named.push(`left word ${operation} ${word}`);
  // A step between results belongs to the sentence that the last product was of.
  const recent = before.at(-1);
  if (recent !== undefined && right === "last result")
    for (const word of wordsOf(sentences[placeOf(places, recent.right)]))
      named.push(`product word ${operation} ${word}`);
  if (done) {
    const all = new Set([...used, step.left, step.right]);
    const left = places.flatMap((numbers, i) => (numbers.some((n) => !all.has(n)) ? [sentences[i]] : []));
    named.push(`done with ${Math.min(4, left.length)} left`);
    for (const sentence of left) for (const word of wordsOf(sentence)) named.push(`done without ${word}`);
    named.push(`done ${String(left.length)} ${operation}`);
  }
  return named;
};

const placeOf = (places: readonly (readonly number[])[], value: number): number =>
  places.findIndex((numbers) => numbers.includes(value));

interface Seen {
  readonly places: readonly (readonly number[])[];
  readonly before: readonly Step[];
  readonly used: ReadonlySet<number>;
}

const originOf = (value: number, { places, before, used }: Seen): string => {
  if (before.at(-1)?.result === value) return "last result";
  if (before.some(({ result }) => result === value))
    return used.has(value) ? "used result" : "earlier result";
  const place = placeOf(places, value);
  if (place === -1) return "nowhere";
  if (used.has(value)) return "used number";
  return place === 0 ? "first number" : "number";
};

const aheadOf = (place: number, furthest: number, places: readonly (readonly number[])[]): string => {
  if (place === -1) return "result";
  const between = places.slice(furthest + 1, place).filter((numbers) => numbers.length > 0).length;
  return place < furthest ? "back" : place === furthest ? "same" : `${Math.min(3, between)} between`;
};

const magnitudeOf = ({ left, result }: Step): number => {
  const power = Math.round(Math.log2(Math.abs(result / left)));
  return Math.max(-LARGEST_POWER, Math.min(LARGEST_POWER, Number.isNaN(power) ? 0 : power));
};

/** Without numbers and names, which have a capital letter inside a sentence. */
const wordsOf = (sentence: string | undefined): string[] =>
  (sentence ?? "").split(/[^A-Za-z]+/).filter((word) => /^[a-z]/.test(word));
