/** The logarithms of the softmax of one row, into `result`. */
export const logProbabilities = (logits: Float32Array, row: number, result: Float64Array): Float64Array => {
  const from = row * result.length;
  let top = -Infinity;
  for (let i = 0; i < result.length; i++) top = Math.max(top, logits[from + i] ?? 0);
  let sum = 0;
  for (let i = 0; i < result.length; i++) sum += Math.exp((logits[from + i] ?? 0) - top);
  const shift = top + Math.log(sum);
  for (let i = 0; i < result.length; i++) result[i] = (logits[from + i] ?? 0) - shift;
  return result;
};

/** The places of the highest values, highest first; of equal ones the first. */
export const topOf = (values: Float64Array, count: number): number[] => {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? -Infinity;
    if (best.length === count && value <= (values[best[count - 1] ?? 0] ?? -Infinity)) continue;
    let at = best.length;
    while (at > 0 && value > (values[best[at - 1] ?? 0] ?? -Infinity)) at--;
    best.splice(at, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
};
