/** An equation of a text, and whether it holds. */
export interface Equation {
  readonly text: string;
  readonly holds: boolean;
  /** What is left of the first sign that does not hold, and what is right of it; of one that holds, both sides of the last. */
  readonly left: number;
  readonly right: number;
}

/** Characters of equations; each run is scanned once, so the time is linear. */
const RUN = /[\d.,\s()+\-−–*/×÷=$€£]+/g;
const TOKEN = /\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+|[-+*/()]/g;
/** The relative rounding error that equal float64 sums may have. */
const SAME = 1e-9;
const DEEPEST = 100;

/**
 * Every equation between numbers in a text, such as `3 * (2 + 5) = 21`: numbers with decimals and thousands' commas, the
 * four operations with their precedence, parentheses, currency signs that count for nothing, and chains
 * (`2 + 3 = 5 = 10 / 2`). An equation without an operation (`x = 5`, `5 = 5`) says nothing and is left out, and so is
 * what cannot be read, such as an equation with a name in it.
 *
 * A number with decimals on either side may be rounded to them: `10 / 3 = 3.33` holds, `10 / 3 = 3` does not.
 */
export const equationsIn = (text: string): Equation[] =>
  Array.from(text.matchAll(RUN)).flatMap((match) => {
    if (!match[0].includes("=")) return [];
    // A letter that touches it makes a part of something else of it: `2x + 3 = 7`, `sqrt(4) = 2`.
    const [before, after] = [text[match.index - 1], text[match.index + match[0].length]];
    if (isLetter(before) && /^[\d.(]/.test(match[0])) return [];
    if (isLetter(after) && /[\d.)]$/.test(match[0])) return [];
    const equation = readEquation(match[0]);
    return equation === undefined ? [] : [equation];
  });

const isLetter = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}_]/u.test(character);

const readEquation = (written: string): Equation | undefined => {
  const cleaned = withoutEnd(written)
    .replaceAll(/[−–]/g, "-")
    .replaceAll("×", "*")
    .replaceAll("÷", "/")
    .replaceAll(/[$€£]/g, "");
  const sides = cleaned.split("=").map(evaluate);
  const known = sides.filter((side) => side !== undefined);
  if (known.length < 2 || known.length < sides.length || !known.some(({ operations }) => operations > 0))
    return undefined;
  const text = cleaned.trim().replaceAll(/\s+/g, " ");
  let last = { left: 0, right: 0 };
  for (let i = 1; i < known.length; i++) {
    const [left, right] = [known[i - 1], known[i]];
    if (left === undefined || right === undefined) return undefined;
    last = { left: left.value, right: right.value };
    if (!isSame(left, right)) return { text, holds: false, ...last };
  }
  return { text, holds: true, ...last };
};

/** Without what ends a sentence; a pattern would look at a run of spaces anew from each of them. */
const withoutEnd = (text: string): string => {
  let end = text.length;
  while (end > 0 && /[\s.,$€£]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
};

interface Side {
  readonly value: number;
  readonly operations: number;
  /** Of a number that stands alone, how many digits come after its point. */
  readonly decimals: number;
}

const isSame = (a: Side, b: Side): boolean => {
  const decimals = Math.max(a.operations === 0 ? a.decimals : 0, b.operations === 0 ? b.decimals : 0);
  const rounding = decimals === 0 ? 0 : 0.5 * 10 ** -decimals;
  const distance = Math.abs(a.value - b.value);
  // What comes of a division by zero is the same as nothing.
  if (!Number.isFinite(distance)) return false;
  return distance <= rounding + SAME * Math.max(1, Math.abs(a.value), Math.abs(b.value));
};

/** @returns undefined where it is no arithmetic */
const evaluate = (side: string): Side | undefined => {
  const tokens = side.match(TOKEN) ?? [];
  if (tokens.join("") !== side.replaceAll(/\s/g, "") || tokens.length === 0) return undefined;
  let at = 0;
  let operations = 0;
  let decimals = 0;
  let depth = 0;

  const sum = (): number => {
    let value = product();
    for (let sign = tokens[at]; sign === "+" || sign === "-"; sign = tokens[at]) {
      at++;
      operations++;
      const next = product();
      value = sign === "+" ? value + next : value - next;
    }
    return value;
  };
  const product = (): number => {
    let value = factor();
    for (let sign = tokens[at]; sign === "*" || sign === "/"; sign = tokens[at]) {
      at++;
      operations++;
      const next = factor();
      value = sign === "*" ? value * next : value / next;
    }
    return value;
  };
  const factor = (): number => {
    const token = tokens[at++];
    if ((token === "-" || token === "(") && ++depth > DEEPEST) return Number.NaN;
    if (token === "-") return -factor();
    if (token === "(") {
      const value = sum();
      return tokens[at++] === ")" ? value : Number.NaN;
    }
    decimals = Math.max(decimals, token?.split(".")[1]?.length ?? 0);
    return token === undefined ? Number.NaN : Number(token.replaceAll(",", ""));
  };

  const value = sum();
  return at === tokens.length && !Number.isNaN(value) ? { value, operations, decimals } : undefined;
};
