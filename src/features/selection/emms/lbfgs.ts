import { dot } from "../../../math/dot.ts";

/** Changes of the place and of the gradient that are remembered. */
const MEMORY = 10;
/** Of Armijo's and of the weak Wolfe condition (Nocedal and Wright, "Numerical optimization", section 3.1). */
const DESCENT = 1e-4;
const CURVATURE = 0.9;
const MAX_TRIALS = 30;

interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface Objective {
  readonly evaluate: (at: Float64Array) => Promise<Evaluation>;
  /** The inverse of a rough, positive definite Hessian times a vector; the better it is, the fewer iterations. */
  readonly precondition: (vector: Float64Array) => Promise<Float64Array>;
}

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  /** The largest part of the gradient, by size. */
  readonly gradient: number;
  readonly iterations: number;
}

interface Change {
  readonly step: Float64Array;
  readonly gradient: Float64Array;
  /** 1 / (step . gradient) */
  readonly scale: number;
}

/**
 * Minimises a convex function by L-BFGS (Nocedal and Wright, algorithms 7.4 and 7.5) until no part of the gradient is
 * larger than `tolerance`, or no step leads further down.
 */
export const minimize = async (
  { evaluate, precondition }: Objective,
  start: Float64Array,
  limits: { readonly tolerance: number; readonly iterations: number },
): Promise<Minimum> => {
  let at = start;
  let here = await evaluate(at);
  const changes: Change[] = [];
  let iterations = 0;
  while (iterations < limits.iterations && largest(here.gradient) > limits.tolerance) {
    const direction = await descent(here.gradient, changes, precondition);
    const found = await searchAlong(evaluate, at, here, direction);
    if (found === null) break;
    iterations += 1;
    const step = difference(found.at, at);
    const gradient = difference(found.gradient, here.gradient);
    const product = dot(step, gradient);
    if (product > 0) {
      changes.push({ step, gradient, scale: 1 / product });
      if (changes.length > MEMORY) changes.shift();
    }
    [at, here] = [found.at, found];
  }
  return { at, value: here.value, gradient: largest(here.gradient), iterations };
};

/** Two loops over what is remembered, the preconditioner between them. */
const descent = async (
  gradient: Float64Array,
  changes: readonly Change[],
  precondition: Objective["precondition"],
): Promise<Float64Array> => {
  const left = gradient.slice();
  const shares = new Float64Array(changes.length);
  for (let i = changes.length - 1; i >= 0; i--) {
    const change = changes[i];
    if (change === undefined) continue;
    const share = change.scale * dot(change.step, left);
    shares[i] = share;
    add(left, -share, change.gradient);
  }
  const direction = await precondition(left);
  changes.forEach((change, i) => {
    const share = (shares[i] ?? 0) - change.scale * dot(change.gradient, direction);
    add(direction, share, change.step);
  });
  return direction.map((value) => -value);
};

/** By halving and doubling until both conditions hold. @returns null where no step leads down */
const searchAlong = async (
  evaluate: Objective["evaluate"],
  at: Float64Array,
  here: Evaluation,
  direction: Float64Array,
): Promise<(Evaluation & { readonly at: Float64Array }) | null> => {
  const slope = dot(here.gradient, direction);
  if (!(slope < 0)) return null;
  let [low, high, length] = [0, Infinity, 1];
  let best: (Evaluation & { readonly at: Float64Array }) | null = null;
  for (let trial = 0; trial < MAX_TRIALS; trial++) {
    const there = at.slice();
    add(there, length, direction);
    const found = { ...(await evaluate(there)), at: there };
    if (!(found.value <= here.value + DESCENT * length * slope)) high = length;
    else {
      best = found;
      if (dot(found.gradient, direction) >= CURVATURE * slope) return best;
      low = length;
    }
    length = high === Infinity ? 2 * low : (low + high) / 2;
  }
  return best;
};

const add = (to: Float64Array, times: number, what: Float64Array): void => {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + times * (what[i] ?? 0);
};

const difference = (a: Float64Array, b: Float64Array): Float64Array =>
  a.map((value, i) => value - (b[i] ?? 0));

const largest = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
