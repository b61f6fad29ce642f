import type { NamedTensor, Tensors } from "./types.ts";

export interface AdamWSettings {
  readonly weightDecay: number;
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
}

/** The two moments of every tensor, and how many steps have been taken: all that going on takes. */
export interface AdamWState {
  step: number;
  readonly first: Tensors;
  readonly second: Tensors;
}

export const startAdamW = (tensors: ReadonlyMap<string, NamedTensor>): AdamWState => ({
  step: 0,
  first: zerosLike(tensors),
  second: zerosLike(tensors),
});

/**
 * One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) in PyTorch's order: weights decay before they are moved.
 *
 * @param tensors are changed in place
 * @param rate the learning rate of a tensor
 */
export const stepAdamW = (
  tensors: ReadonlyMap<string, NamedTensor>,
  gradients: ReadonlyMap<string, NamedTensor>,
  state: AdamWState,
  rate: (name: string) => number,
  { weightDecay, betas = [0.9, 0.999], epsilon = 1e-8 }: AdamWSettings,
): void => {
  state.step++;
  const [b1, b2] = betas;
  const [c1, c2] = [1 - b1 ** state.step, 1 - b2 ** state.step];
  for (const [name, { data }] of tensors) {
    const slopes = gradients.get(name)?.data;
    const first = state.first.get(name)?.data;
    const second = state.second.get(name)?.data;
    if (slopes === undefined || first === undefined || second === undefined) continue;
    const lr = rate(name);
    for (let i = 0; i < data.length; i++) {
      const slope = slopes[i] ?? 0;
      const m = b1 * (first[i] ?? 0) + (1 - b1) * slope;
      const v = b2 * (second[i] ?? 0) + (1 - b2) * slope * slope;
      [first[i], second[i]] = [m, v];
      const kept = (data[i] ?? 0) * (1 - lr * weightDecay);
      data[i] = kept - (lr * (m / c1)) / (Math.sqrt(v / c2) + epsilon);
    }
  }
};

/**
 * Scales gradients down together so that their norm is at most `limit`.
 *
 * @returns their norm before
 */
export const clipGradients = (gradients: ReadonlyMap<string, NamedTensor>, limit: number): number => {
  let squares = 0;
  for (const { data } of gradients.values()) for (const slope of data) squares += slope * slope;
  const norm = Math.sqrt(squares);
  if (norm > limit)
    for (const { data } of gradients.values())
      for (let i = 0; i < data.length; i++) data[i] = ((data[i] ?? 0) * limit) / norm;
  return norm;
};

const zerosLike = (tensors: ReadonlyMap<string, NamedTensor>): Tensors =>
  new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
  );
