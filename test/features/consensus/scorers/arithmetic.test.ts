import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createArithmeticScorer } from "../../../../src/features/consensus/scorers/arithmetic.ts";
import { equationsIn } from "../../../../src/features/consensus/scorers/equations.ts";
import type { Payload, Proposal } from "../../../../src/features/consensus/index.ts";

const signal = new AbortController().signal;

const proposalOf = (payload: Payload): Proposal => ({
  payload,
  id: JSON.stringify(payload),
  parents: [],
  generator: "test",
  round: 1,
});
const solution = (...steps: string[]): Proposal => proposalOf({ kind: "steps", steps, done: true });
const verdicts = (text: string): boolean[] => equationsIn(text).map(({ holds }) => holds);

describe("equations in a text", () => {
  test("are right exactly where the arithmetic is, whatever is computed", () => {
    const operand = fc.integer({ min: -500, max: 500 });
    fc.assert(
      fc.property(
        operand,
        fc.constantFrom("+", "-", "*", "×", "−"),
        operand,
        fc.integer({ min: -3, max: 3 }),
        (a, sign, b, off) => {
          const right = sign === "+" ? a + b : sign === "-" || sign === "−" ? a - b : a * b;
          const written = `So ${a} ${sign} ${b < 0 ? `(${b})` : b} = ${right + off} apples.`;
          expect(verdicts(written)).toEqual([off === 0]);
        },
      ),
    );
  });

  test.each([
    ["2 + 3 * 4 = 14", [true]],
    ["(2 + 3) * 4 = 20", [true]],
    ["2 + 3 = 5 = 10 / 2", [true]],
    ["2 + 3 = 5 + 1 = 6", [false]],
    ["She has $1,200 - $200 = $1,000 left.", [true]],
    ["10 / 3 = 3.33", [true]],
    ["10 / 3 = 3", [false]],
    ["10 ÷ 4 = 2.5, and 2.5 × 2 = 6", [true, false]],
    ["half is <<48/2=24>>24 clips", [true]],
    ["5 / 0 = 1", [false]],
    ["0.1 + 0.2 = 0.3", [true]],
    ["3 + 4 = 7.", [true]],
    ["1.5 * -2 = -3", [true]],
  ])("are read as they are meant: %s", (text, holds) => expect(verdicts(text)).toEqual(holds));

  test.each([
    "x = 5",
    "5 = 5",
    "2x + 3 = 7",
    "sqrt(4) = 2",
    "no numbers here",
    "3 4 + 1 = 5",
    "2 + = 3",
    "(2 + 3 = 5",
  ])("are not seen where there is none that can be read: %s", (text) =>
    expect(equationsIn(text)).toEqual([]),
  );
});

describe("equations in a hostile text", () => {
  test("are looked for without going deep or long", () => {
    expect(equationsIn(`${"(".repeat(50_000)}1 + 1 = 2`)).toEqual([]);
    expect(equationsIn(`1 = ${"-".repeat(50_000)}1`)).toEqual([]);
    expect(verdicts(`${"1 ".repeat(50_000)}x ${"2 ".repeat(50_000)}, so 1 + 1 = 2`)).toEqual([true]);
    expect(equationsIn(`1 = 1${" ".repeat(500_000)}2`)).toEqual([]);
    expect(verdicts(`1 + 1 = 2 €.${" ".repeat(500_000)}`)).toEqual([true]);
  });
});

describe("the arithmetic scorer", () => {
  test("gives 1 to a solution whose steps all hold, 0 to one with a slip, nothing to one without arithmetic", async () => {
    const { scores, vetoes } = await createArithmeticScorer().score(
      [
        solution("3 * 4 = 12", "12 + 1 = 13"),
        solution("3 * 4 = 12", "12 + 1 = 14"),
        solution("Let us think."),
        proposalOf({ kind: "text", text: "1 + 1 = 2" }),
      ],
      signal,
    );
    expect([...scores]).toEqual([1, 0, Number.NaN, 1]);
    expect(vetoes?.size).toBe(0);
  });

  test("lets others in between proposals, and stops where it is told to", async () => {
    const stop = new AbortController();
    const long = solution(`${"1 + ".repeat(20_000)}1 = 20001`);
    const scored = createArithmeticScorer().score(Array<Proposal>(10_000).fill(long), stop.signal);
    setImmediate(() => stop.abort(new Error("enough")));
    await expect(scored).rejects.toThrow("enough");
  });

  test("vetoes with the step and the numbers, where it is asked to", async () => {
    const { vetoes } = await createArithmeticScorer({ mode: "veto" }).score(
      [solution("3 * 4 = 12", "12 + 1 = 14"), solution("3 * 4 = 12")],
      signal,
    );
    expect([...(vetoes ?? [])]).toEqual([[0, "step 2: 12 + 1 = 14 does not hold: 13 is not 14"]]);
  });
});
