import type { Matrix } from "../../../math/linear-algebra/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { checkedClasses, requireCovariances } from "./classes.ts";
import { predictClasses, fitLogistic, preconditionerOf } from "./logistic-regression.ts";
import { dealStratified } from "./stratified-folds.ts";
import type { Embeddings, TransferScorer } from "./types.ts";

const FOLDS = 5;
const RIDGE = 1;

/**
 * The share of rows whose class a multinomial logistic regression, fitted on the other folds, tells rightly: the slow
 * truth. Folds are stratified; columns are standardised by the rows that are fitted; a class that is not among those is
 * never told.
 */
export const linearProbe: TransferScorer = {
  name: "linear-probe",
  needs: ["classes"],
  score: async (input, { "linear-probe": options = {} }, signal) => {
    const { ids, count } = checkedClasses("linear-probe", input);
    requireCovariances("linear-probe", input);
    const { n } = input.embeddings;
    const { ridge = RIDGE, seed = 0 } = options;
    const folds = Math.min(options.folds ?? FOLDS, n);
    const dealt = dealStratified(ids, folds, seed);
    const rest = createTurns(signal);
    const every = Int32Array.from(ids, (_, i) => i);
    const all = standardizedRows(input.embeddings, every, every).fitted;
    const preconditioner = await preconditionerOf(all, count, ridge);
    const found = { right: 0, iterations: 0, largestGradient: 0 };
    for (let fold = 0; fold < folds; fold++) {
      await rest();
      const inside = every.filter((row) => dealt[row] !== fold);
      const outside = every.filter((row) => dealt[row] === fold);
      const { fitted, asked } = standardizedRows(input.embeddings, inside, outside);
      const { targets, known } = renumber(inside.map((row) => ids[row] ?? 0));
      const logistic = await fitLogistic(fitted, targets, known.length, preconditioner, ridge, rest);
      const predicted = await predictClasses(asked, logistic.parameters, known.length);
      predicted.forEach((each, i) => {
        if (known[each] === ids[outside[i] ?? 0]) found.right += 1;
      });
      found.iterations += logistic.minimum.iterations;
      found.largestGradient = Math.max(found.largestGradient, logistic.minimum.gradient);
    }
    return { score: found.right / n, diagnostics: { ...found, folds, ridge, classes: count } };
  },
};

/** The classes that occur, ascending, and each row's place among them. */
const renumber = (ids: Int32Array): { readonly targets: Int32Array; readonly known: readonly number[] } => {
  const known = [...new Set(ids)].sort((a, b) => a - b);
  const places = new Map(known.map((id, place) => [id, place]));
  return { targets: ids.map((id) => places.get(id) ?? 0), known };
};

/** Both in units of the fitted rows' standard deviations from their means; columns that these do not vary in are 0. */
const standardizedRows = (embeddings: Embeddings, inside: Int32Array, outside: Int32Array) => {
  const { data, d } = embeddings;
  const means = new Float64Array(d);
  const scales = new Float64Array(d);
  const varied = new Uint8Array(d);
  const first = (inside[0] ?? 0) * d;
  for (const row of inside) {
    for (let j = 0; j < d; j++) {
      const value = data[row * d + j] ?? 0;
      means[j] = (means[j] ?? 0) + value / inside.length;
      if (value !== data[first + j]) varied[j] = 1;
    }
  }
  for (const row of inside)
    for (let j = 0; j < d; j++)
      scales[j] = (scales[j] ?? 0) + ((data[row * d + j] ?? 0) - (means[j] ?? 0)) ** 2 / inside.length;
  for (let j = 0; j < d; j++) scales[j] = varied[j] === 1 ? 1 / Math.sqrt(scales[j] ?? 1) : 0;
  const take = (rows: Int32Array): Matrix => {
    const taken = new Float64Array(rows.length * d);
    rows.forEach((row, i) => {
      for (let j = 0; j < d; j++)
        taken[i * d + j] = ((data[row * d + j] ?? 0) - (means[j] ?? 0)) * (scales[j] ?? 0);
    });
    return { data: taken, rows: rows.length, columns: d };
  };
  return { fitted: take(inside), asked: take(outside) };
};
