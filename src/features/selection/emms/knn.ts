import { multiply, type Matrix } from "../../../math/linear-algebra/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { checkedClasses } from "./classes.ts";
import { normalize } from "./columns.ts";
import type { TransferScorer } from "./types.ts";

const NEIGHBOURS = 5;
/** Rows that are compared with all others at once. */
const BLOCK = 256;
/** Cosines are rounded to steps of this size, because smaller differences are rounding and would break ties at random. */
const STEP = 1e-12;

/**
 * The share of rows whose class their nearest neighbours, the row itself left out, tell rightly: by cosine, each of the k
 * voting for its class with the weight `(1 + cosine) / 2`.
 *
 * A row of zeros has the cosine 0 with every other. Of neighbours that are as near the first rows count; of classes with
 * the same votes the one that has the nearest neighbour.
 */
export const knn: TransferScorer = {
  name: "knn",
  needs: ["classes"],
  score: async (input, { knn: options = {} }, signal) => {
    const { data, n, d } = input.embeddings;
    const { ids, count } = checkedClasses("knn", input);
    const k = Math.min(options.k ?? NEIGHBOURS, n - 1);
    const rows = normalize({ data: Float64Array.from(data), rows: n, columns: d });
    const votes = new Float64Array(count);
    const rest = createTurns(signal);
    let right = 0;
    for (let from = 0; from < n; from += BLOCK) {
      await rest();
      const height = Math.min(BLOCK, n - from);
      const block: Matrix = {
        ...rows,
        data: rows.data.subarray(from * d, (from + height) * d),
        rows: height,
      };
      const cosines = await multiply(block, rows, "right");
      for (let i = 0; i < height; i++) {
        const own = cosines.data.subarray(i * n, (i + 1) * n);
        const near = nearest(own, from + i, k);
        if (electClass(near, own, ids, votes) === ids[from + i]) right += 1;
      }
    }
    return { score: right / n, diagnostics: { k, classes: count, right } };
  },
};

/** The k rows of the greatest cosine, greatest first, without the row itself. */
const nearest = (cosines: Float64Array, self: number, k: number): Int32Array => {
  const found = new Int32Array(k);
  let count = 0;
  for (let row = 0; row < cosines.length; row++) {
    const value = Math.round((cosines[row] ?? 0) / STEP) * STEP;
    cosines[row] = value;
    if (row === self || (count === k && value <= (cosines[found[k - 1] ?? 0] ?? 0))) continue;
    let at = count < k ? count++ : k - 1;
    for (; at > 0 && (cosines[found[at - 1] ?? 0] ?? 0) < value; at--) found[at] = found[at - 1] ?? 0;
    found[at] = row;
  }
  return found;
};

/** @param votes as long as there are classes, zeros, which it is again afterwards */
const electClass = (
  near: Int32Array,
  cosines: Float64Array,
  ids: Int32Array,
  votes: Float64Array,
): number => {
  for (const row of near) {
    const id = ids[row] ?? 0;
    votes[id] = (votes[id] ?? 0) + (1 + (cosines[row] ?? 0)) / 2;
  }
  let elected = ids[near[0] ?? 0] ?? 0;
  for (const row of near) {
    const id = ids[row] ?? 0;
    if ((votes[id] ?? 0) > (votes[elected] ?? 0)) elected = id;
  }
  for (const row of near) votes[ids[row] ?? 0] = 0;
  return elected;
};
