import type { Random } from "../../../src/math/random.ts";

export type Operation = "+" | "-" | "*" | "/";

/** A number of the question, or the result of an earlier step. */
export type Operand = { readonly number: number } | { readonly step: number };

export interface PlannedStep {
  readonly left: Operand;
  readonly operation: Operation;
  readonly right: Operand;
}

/** A word problem with its one way to the answer. */
export interface Problem {
  readonly sentences: readonly string[];
  readonly plan: readonly PlannedStep[];
  readonly answer: number;
}

const NAMES = ["Anna", "Bela", "Chloe", "Dora", "Emil", "Farid", "Greta", "Hugo", "Ines", "Jonas"];
const THINGS = ["apples", "stickers", "marbles", "cards", "shells", "coins", "pencils", "cookies"];
const EVENTS = [2, 5] as const;
const DISTRACTED = 0.4;
const LARGEST = 2_000;

interface Story {
  readonly who: string;
  readonly other: string;
  readonly things: string;
}

interface Event {
  readonly text: string;
  /** What is multiplied first, where it is. */
  readonly product?: readonly [number, number];
  readonly operation: Operation;
  /** Of the product, where there is one. */
  readonly operand: number;
}

type Template = (story: Story, value: number, random: Random) => Event | undefined;

const one = (random: Random, texts: readonly string[]): string => texts[random.integer(texts.length)] ?? "";
const between = (random: Random, low: number, high: number): number => low + random.integer(high - low + 1);

const TEMPLATES: readonly Template[] = [
  ({ who, other }, _, random) => {
    const operand = between(random, 3, 60);
    const text = one(random, [
      `${who} buys ${operand} more.`,
      `${other} gives ${operand} of hers to ${who}.`,
      `Then ${operand} more are found under the bed.`,
    ]);
    return { text, operation: "+", operand };
  },
  ({ who, other }, value, random) => {
    if (value < 8) return undefined;
    const operand = between(random, 2, Math.min(60, value - 2));
    const text = one(random, [
      `${who} gives ${operand} to ${other}.`,
      `${who} loses ${operand} of them.`,
      `Then ${operand} are sold at the market.`,
    ]);
    return { text, operation: "-", operand };
  },
  ({ who, things }, _, random) => {
    const product = [between(random, 2, 9), between(random, 3, 12)] as const;
    const text = one(random, [
      `${who} buys ${product[0]} boxes with ${product[1]} ${things} each.`,
      `An aunt brings ${product[0]} bags of ${product[1]} ${things}.`,
    ]);
    return { text, product, operation: "+", operand: product[0] * product[1] };
  },
  ({ who, things }, value, random) => {
    const product = [between(random, 2, 9), between(random, 3, 12)] as const;
    if (product[0] * product[1] >= value) return undefined;
    const text = one(random, [
      `${who} sells ${product[0]} bags of ${product[1]} ${things}.`,
      `${who} gives ${product[0]} children ${product[1]} ${things} each.`,
    ]);
    return { text, product, operation: "-", operand: product[0] * product[1] };
  },
  ({ who }, value, random) => {
    const operand = between(random, 2, 5);
    if (operand * value > LARGEST) return undefined;
    const text = one(random, [
      `After a year ${who} has ${operand} times as many.`,
      `A lucky draw multiplies them by ${operand}.`,
    ]);
    return { text, operation: "*", operand };
  },
  ({ who }, value, random) => {
    const divisors = [2, 3, 4, 5, 6, 7, 8].filter((d) => value % d === 0 && value / d > 2);
    const operand = divisors[random.integer(divisors.length)];
    if (operand === undefined) return undefined;
    const text = one(random, [
      `${who} shares them equally among ${operand} children, and is one of these.`,
      `${who} splits them into ${operand} equal parts and keeps one.`,
    ]);
    return { text, operation: "/", operand };
  },
];

const DISTRACTORS: readonly ((story: Story, n: number) => string)[] = [
  ({ other }, n) => `${other} is ${n} years old.`,
  ({ who }, n) => `The walk home takes ${who} ${n} minutes.`,
  (_, n) => `The shop has been there for ${n} years.`,
];

export const createProblem = (random: Random): Problem => {
  const [who = "", other = ""] = random.sample(NAMES, 2);
  const story = { who, other, things: one(random, THINGS) };
  const start = between(random, 5, 60);
  const sentences = [`${who} has ${start} ${story.things}.`];
  const plan: PlannedStep[] = [];
  let value = start;
  let running: Operand = { number: start };
  for (let events = between(random, ...EVENTS); events > 0;) {
    const event = TEMPLATES[random.integer(TEMPLATES.length)]?.(story, value, random);
    if (event === undefined) continue;
    if (random.next() < DISTRACTED) {
      const distract = DISTRACTORS[random.integer(DISTRACTORS.length)];
      if (distract !== undefined) sentences.push(distract(story, between(random, 3, 60)));
    }
    const { text, product, operation, operand } = event;
    sentences.push(text);
    let right: Operand = { number: operand };
    if (product !== undefined) {
      plan.push({ left: { number: product[0] }, operation: "*", right: { number: product[1] } });
      right = { step: plan.length - 1 };
    }
    plan.push({ left: running, operation, right });
    running = { step: plan.length - 1 };
    value = calculate(value, operation, operand);
    events--;
  }
  sentences.push(`How many ${story.things} does ${who} have now?`);
  return { sentences, plan, answer: value };
};

export const calculate = (left: number, operation: Operation, right: number): number => {
  switch (operation) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
  }
};

/** With two decimals at most. */
export const written = (value: number): string => String(Math.round(value * 100) / 100);

/** `12 + 5 = 17`, as solutions are written. */
export interface Step {
  readonly left: number;
  readonly operation: Operation;
  readonly right: number;
  readonly result: number;
}

export const stepText = ({ left, operation, right, result }: Step): string =>
  `${written(left)} ${operation} ${written(right)} = ${written(result)}`;

/** @returns undefined of what is no step */
export const readStep = (text: string | undefined): Step | undefined => {
  const [, left, operation, right, result] =
    /^(-?[\d.]+) ([-+*/]) (-?[\d.]+) = (-?[\d.]+)$/.exec(text ?? "") ?? [];
  if (operation !== "+" && operation !== "-" && operation !== "*" && operation !== "/") return undefined;
  return { left: Number(left), operation, right: Number(right), result: Number(result) };
};

/** What a solution comes to. */
export const answerOf = (steps: readonly string[]): number => readStep(steps.at(-1))?.result ?? Number.NaN;

export const numbersIn = (text: string): number[] =>
  Array.from(text.matchAll(/\d+/g), ([digits]) => Number(digits));

/** The right steps, as far as the plan goes. */
export const solutionOf = ({ plan }: Problem): string[] => {
  const results: number[] = [];
  return plan.map(({ left, operation, right }) => {
    const [a, b] = [left, right].map((operand) =>
      "number" in operand ? operand.number : (results[operand.step] ?? 0),
    );
    const result = calculate(a ?? 0, operation, b ?? 0);
    results.push(result);
    return stepText({ left: a ?? 0, operation, right: b ?? 0, result });
  });
};
