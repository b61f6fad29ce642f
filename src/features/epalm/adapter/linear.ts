/** `y = x W' + b`: rows `[n, into]` to `[n, out]`, by a matrix `[out, into]`. */
export const linear = (x: Float32Array, weight: Float32Array, bias: Float32Array): Float32Array => {
  const out = bias.length;
  const into = weight.length / out;
  const rows = x.length / into;
  const y = new Float32Array(rows * out);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < out; o++) {
      let sum = bias[o] ?? 0;
      const [from, at] = [o * into, row * into];
      for (let i = 0; i < into; i++) sum += (weight[from + i] ?? 0) * (x[at + i] ?? 0);
      y[row * out + o] = sum;
    }
  }
  return y;
};

/** Adds to the gradients of weight and bias what follows from that of `y`. */
export const linearWeights = (
  x: Float32Array,
  dy: Float32Array,
  dWeight: Float32Array,
  dBias: Float32Array,
): void => {
  const out = dBias.length;
  const into = dWeight.length / out;
  for (let row = 0; row < dy.length / out; row++) {
    for (let o = 0; o < out; o++) {
      const slope = dy[row * out + o] ?? 0;
      dBias[o] = (dBias[o] ?? 0) + slope;
      const [to, at] = [o * into, row * into];
      for (let i = 0; i < into; i++) dWeight[to + i] = (dWeight[to + i] ?? 0) + slope * (x[at + i] ?? 0);
    }
  }
};

/** The gradient of `x`. */
export const linearInputs = (dy: Float32Array, weight: Float32Array, out: number): Float32Array => {
  const into = weight.length / out;
  const rows = dy.length / out;
  const dx = new Float32Array(rows * into);
  for (let row = 0; row < rows; row++)
    for (let o = 0; o < out; o++) {
      const slope = dy[row * out + o] ?? 0;
      for (let i = 0; i < into; i++)
        dx[row * into + i] = (dx[row * into + i] ?? 0) + slope * (weight[o * into + i] ?? 0);
    }
  return dx;
};
