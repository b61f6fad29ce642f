type Numbers = Float32Array | Float64Array;

/** Inner product of two vectors of the same length, accumulated in float64. */
export const dot = (a: Numbers, b: Numbers): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};
