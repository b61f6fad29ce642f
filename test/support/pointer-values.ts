import type { Random } from "../../src/math/random.ts";

/**
 * A sequence of conditional pointer value retrieval: from place 0 a pointer is followed while it points further on, and
 * the value at the last place is the answer.
 */
export const samplePointers = (
  random: Random,
  length: number,
  hops: number,
): { readonly sequence: number[]; readonly pointers: number[] } => {
  const places = Array.from({ length: length - 1 }, (_, i) => i + 1);
  const pointers = hops === 0 ? [] : random.sample(places, hops).sort((a, b) => a - b);
  const sequence = Array.from({ length }, () => random.integer(length));
  let at = 0;
  for (const pointer of pointers) {
    sequence[at] = pointer;
    at = pointer;
  }
  sequence[at] = hops === 0 ? 0 : random.integer(at + 1);
  return { sequence, pointers };
};

export const followPointers = (sequence: readonly number[]): { answer: number; hops: number } => {
  let [at, hops] = [0, 0];
  for (let value = sequence[0] ?? 0; value > at; value = sequence[at] ?? 0) {
    at = value;
    hops++;
  }
  return { answer: sequence[at] ?? 0, hops };
};
