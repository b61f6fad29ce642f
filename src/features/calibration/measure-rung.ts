import { FEW, sumOfStandardized, type MemberScores } from "../../asif/index.ts";
import type { Random } from "../../math/random.ts";
import { createTurns } from "../../math/slices.ts";
import { mean } from "../../math/statistics.ts";
import { fitTemperature, negativeLogLikelihood, toProbabilities, type ScoreTable } from "./temperature.ts";
import type { CalibrationEvidence, RiskPoint } from "./api.ts";
import { conformalThreshold } from "./conformal.ts";
import { expectedCalibrationError, type Prediction } from "./expected-error.ts";
import { pointAtRisk, riskCoverage } from "./risk-coverage.ts";
import { SOFTNESSES, softened, type Softness } from "./softness.ts";
import type { Rung } from "./types.ts";

/** A fit of one parameter needs no more questions. */
const FITTED_ROWS = 1_000;
/** Number of points of the curve in an answer. */
const CURVE_POINTS = 20;
const RISKS = [0.01, 0.05, 0.1, 0.2];
const COVERAGES = [0.8, 0.9, 0.95, 0.99];
/** Number of digits kept. Values are rounded down, so that rounding moves nothing below a threshold. */
const DIGITS = 6;

/** Awaited between steps of long work. */
type Turn = () => Promise<void>;

/** The scores of held-out questions. */
export interface Asked {
  /**
   * `[n, width]`, the true class first and the others in random order; of a consensus one for each member, which are
   * standardized over as many classes as there are, or of few over the wrong ones of all, and added.
   */
  readonly tables: readonly Float32Array[];
  readonly width: number;
  /** The half (0 or 1) that the class of each question belongs to. */
  readonly halves: Uint8Array;
}

interface Judged extends Prediction {
  readonly trueProbability: number;
  /** The scores of all classes, for the size of sets. */
  readonly probabilities: Float32Array;
}

/** Fits a temperature for `classes` classes on one half of the questions and measures on the other. */
export const measureRung = async (asked: Asked, classes: number, random: Random): Promise<Rung> => {
  const rows = Int32Array.from(asked.halves.keys());
  const fitting = rows.filter((row) => asked.halves[row] === 1);
  const testing = rows.filter((row) => asked.halves[row] === 0);
  const { width } = asked;
  const turn = createTurns();
  const fits = [];
  const given = await scoresOf(asked, classes, turn);
  for (const softness of SOFTNESSES) {
    const scores = await softenedTable(softness, given, width, classes, turn);
    const table: ScoreTable = { scores, width, classes, rows: fitting.subarray(0, FITTED_ROWS) };
    const temperature = await fitTemperature(table, turn);
    fits.push({ softness, table, temperature, loss: await negativeLogLikelihood(table, temperature, turn) });
  }
  const best = fits.reduce((least, fit) => (fit.loss < least.loss ? fit : least));
  const { softness, table, temperature } = best;
  const fitted = await judgeAll({ ...table, rows: fitting }, temperature, random, turn);
  const tested = await judgeAll({ ...table, rows: testing }, temperature, random, turn);
  const sorted = [...tested].sort((a, b) => b.confidence - a.confidence);
  return {
    classes,
    softness,
    temperature,
    confidences: sorted.map(({ confidence }) => kept(confidence)),
    correct: sorted.map(({ correct }) => (correct ? 1 : 0)),
    trueProbabilities: tested.map(({ trueProbability }) => kept(trueProbability)).sort((a, b) => b - a),
    evidence: {
      fittedImages: fitted.length,
      testedImages: tested.length,
      accuracy: share(tested, ({ correct }) => correct),
      meanConfidence: meanOrZero(tested.map(({ confidence }) => confidence)),
      expectedCalibrationError: {
        fitted: expectedCalibrationError(fitted),
        tested: expectedCalibrationError(tested),
      },
      negativeLogLikelihood: {
        fitted: await negativeLogLikelihood({ ...table, rows: fitting }, temperature, turn),
        tested: await negativeLogLikelihood({ ...table, rows: testing }, temperature, turn),
      },
      riskCoverage: somePoints(riskCoverage(tested)),
      ...(await crossed(tested, turn)),
    },
  };
};

/** The classes that count when there are `classes` of them. */
const scoresOf = async ({ tables, width }: Asked, classes: number, turn: Turn): Promise<Float32Array> => {
  const [only] = tables;
  if (only === undefined || tables.length === 1) return only ?? new Float32Array();
  const sums = new Float32Array(only.length);
  for (let start = 0; start < sums.length; start += width) {
    const rows = tables.map((table): MemberScores => {
      const scores = Float64Array.from(table.subarray(start, start + classes));
      if (classes >= FEW) return { scores };
      // The other classes' names replace the background captions that a few classes would be measured against.
      return { scores, background: Float64Array.from(table.subarray(start + 1, start + width)) };
    });
    sums.set(await sumOfStandardized(rows, classes), start);
    await turn();
  }
  return sums;
};

/** Only for the classes that count; the others' scores stay 0. */
const softenedTable = async (
  softness: Softness,
  given: Float32Array,
  width: number,
  classes: number,
  turn: Turn,
): Promise<Float32Array> => {
  if (softness === null) return given;
  const scores = new Float32Array(given.length);
  for (let start = 0; start < given.length; start += width) {
    scores.set(softened(softness, given.subarray(start, start + classes)), start);
    await turn();
  }
  return scores;
};

const judgeAll = async (
  table: ScoreTable,
  temperature: number,
  random: Random,
  turn: Turn,
): Promise<Judged[]> => {
  const { scores, width, classes, rows } = table;
  const probabilities = new Float64Array(classes);
  const judged: Judged[] = [];
  for (const row of rows) {
    toProbabilities(scores.subarray(row * width, row * width + classes), temperature, probabilities);
    const trueProbability = probabilities[0] ?? 0;
    let above = 0;
    let equal = 0;
    let confidence = trueProbability;
    for (let i = 1; i < classes; i++) {
      const other = probabilities[i] ?? 0;
      confidence = Math.max(confidence, other);
      if (other > trueProbability) above++;
      else if (other === trueProbability) equal++;
    }
    // Ties are broken at random, so that the true class has no advantage.
    const correct = above === 0 && (equal === 0 || random.integer(equal + 1) === 0);
    judged.push({ confidence, correct, trueProbability, probabilities: Float32Array.from(probabilities) });
    await turn();
  }
  return judged;
};

/** Applies the thresholds of one half to the questions of the other, in both directions. */
const crossed = async (
  tested: readonly Judged[],
  turn: Turn,
): Promise<Pick<CalibrationEvidence, "abstain" | "conformal">> => {
  const halves = [tested.filter((_, i) => i % 2 === 0), tested.filter((_, i) => i % 2 === 1)] as const;
  const ways = [halves, [halves[1], halves[0]]] as const;
  const abstain: CalibrationEvidence["abstain"][number][] = [];
  for (const risk of RISKS) {
    const answered = ways.flatMap(([from, to]) => {
      const point = pointAtRisk(riskCoverage(from), risk);
      return point === null ? [] : to.filter(({ confidence }) => confidence >= point.threshold);
    });
    abstain.push({
      risk,
      coverage: tested.length === 0 ? 0 : answered.length / tested.length,
      measuredRisk: answered.length === 0 ? null : share(answered, ({ correct }) => !correct),
    });
    await turn();
  }
  const conformal: CalibrationEvidence["conformal"][number][] = [];
  for (const coverage of COVERAGES) {
    const sets: { readonly holds: boolean; readonly size: number }[] = [];
    for (const [from, to] of ways) {
      const threshold = conformalThreshold(
        from.map(({ trueProbability }) => trueProbability),
        coverage,
      );
      for (const { trueProbability, confidence, probabilities } of to) {
        // As in a prediction set: the first class is always included.
        const holds = trueProbability >= threshold || trueProbability === confidence;
        sets.push({ holds, size: Math.max(1, countFrom(probabilities, threshold)) });
        await turn();
      }
    }
    conformal.push({
      coverage,
      measuredCoverage: share(sets, ({ holds }) => holds),
      meanSize: meanOrZero(sets.map(({ size }) => size)),
    });
  }
  return { abstain, conformal };
};

/** How many values are at least `least`. */
const countFrom = (values: Float32Array, least: number): number => {
  let count = 0;
  for (const value of values) if (value >= least) count++;
  return count;
};

const somePoints = (curve: readonly RiskPoint[]): RiskPoint[] => {
  const wanted = Array.from({ length: CURVE_POINTS }, (_, i) => (i + 1) / CURVE_POINTS);
  const points = wanted.flatMap(
    (coverage) => curve.find((point) => point.coverage >= coverage - 1e-12) ?? [],
  );
  return [...new Set(points)];
};

const kept = (value: number): number => {
  const rounded = Number(value.toPrecision(DIGITS));
  return rounded <= value ? rounded : Number((value * (1 - 10 ** (1 - DIGITS))).toPrecision(DIGITS));
};

const meanOrZero = (values: readonly number[]): number => (values.length === 0 ? 0 : mean(values));

const share = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.filter(holds).length / Math.max(1, items.length);
