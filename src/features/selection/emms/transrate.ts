import { factor, gramOfRows, transpose, type Matrix } from "../../../math/linear-algebra/index.ts";
import { checkedClasses, type Classes } from "./classes.ts";
import { centre, columnsOf } from "./columns.ts";
import type { TransferScorer } from "./types.ts";

/** The distortion that the rates allow. */
const EPSILON = 1e-4;

/**
 * TransRate (Huang et al., "Frustratingly easy transferability estimation", 2022): how many nats it takes to code the
 * centred features, less those that it takes where the classes are known. Both by `R(Z) = 1/2 log det(I + Z^T Z / (n
 * eps))`, eps 1e-4. The rate given the classes is the mean over classes, as the authors' code has it; `classes: "by-rows"`
 * weights each class by its rows, as the definition has it. They differ where classes have different sizes.
 */
export const transrate: TransferScorer = {
  name: "transrate",
  needs: ["classes"],
  score: async (input, { transrate: { classes: weighting = "equal" } = {} }, signal) => {
    const classes = checkedClasses("transrate", input);
    const rows = transpose(centre(columnsOf(input.embeddings)));
    const whole = await rateOf(rows);
    let within = 0;
    for (let id = 0; id < classes.count; id++) {
      signal?.throwIfAborted();
      const share = weighting === "equal" ? 1 / classes.count : (classes.sizes[id] ?? 0) / rows.rows;
      within += share * (await rateOf(rowsOf(rows, classes, id)));
    }
    return {
      score: whole - within,
      diagnostics: { classes: classes.count, rate: whole, rateOfClasses: within },
    };
  },
};

/** Of rows or of columns, whichever are fewer: the determinant is the same. */
const rateOf = async (rows: Matrix): Promise<number> => {
  const few = rows.rows <= rows.columns ? rows : transpose(rows);
  const size = few.rows;
  const gram = await gramOfRows(few);
  const scale = 1 / (rows.rows * EPSILON);
  const shifted = gram.map((value, at) => value * scale + Number(at % (size + 1) === 0));
  const lower = await factor(shifted, size);
  let logs = 0;
  for (let i = 0; i < size; i++) logs += Math.log(lower[i * size + i] ?? 1);
  return logs;
};

const rowsOf = ({ data, columns: d }: Matrix, { ids, sizes }: Classes, wanted: number): Matrix => {
  const rows = sizes[wanted] ?? 0;
  const chosen = new Float64Array(rows * d);
  let at = 0;
  ids.forEach((id, i) => {
    if (id === wanted) chosen.set(data.subarray(i * d, (i + 1) * d), d * at++);
  });
  return { data: chosen, rows, columns: d };
};
