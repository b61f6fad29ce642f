type Numbers = Float32Array | Float64Array;

/** The inner product of `length` values from a place in each array, in float64. */
export const dotAt = (
  left: Numbers,
  leftAt: number,
  right: Numbers,
  rightAt: number,
  length: number,
): number => {
  // Four sums do not wait for each other.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += (left[leftAt + i] ?? 0) * (right[rightAt + i] ?? 0);
    b += (left[leftAt + i + 1] ?? 0) * (right[rightAt + i + 1] ?? 0);
    c += (left[leftAt + i + 2] ?? 0) * (right[rightAt + i + 2] ?? 0);
    d += (left[leftAt + i + 3] ?? 0) * (right[rightAt + i + 3] ?? 0);
  }
  for (; i < length; i++) a += (left[leftAt + i] ?? 0) * (right[rightAt + i] ?? 0);
  return a + b + (c + d);
};
