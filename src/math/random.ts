/** A seeded pseudorandom generator: the same seed gives the same numbers. Not for cryptography. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** Uniform in 0 .. n - 1; `n` is at most 2^32. */
  integer(n: number): number;
  /** A shuffled copy (Fisher and Yates); all orders are equally likely. */
  shuffle<T>(items: readonly T[]): T[];
  /** Shuffles `items` itself. */
  shuffleInPlace(items: Int32Array): void;
  /** `count` of the items without replacement, in random order; all items if there are fewer. */
  sample<T>(items: readonly T[], count: number): T[];
}

/**
 * Creates the generator mulberry32 (Tommy Ettinger, 2017): 32 bits of state, period 2^32.
 *
 * @param seed only its low 32 bits are used
 * @example
 * ```ts
 * const random = createRandom(42);
 * const drawn = random.sample(["a", "b", "c", "d"], 2);
 * ```
 */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (n: number): number => Math.floor(next() * n);
  const shuffle = <T>(items: readonly T[]): T[] => {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      const [a, b] = [result[i], result[j]] as [T, T];
      result[i] = b;
      result[j] = a;
    }
    return result;
  };
  const shuffleInPlace = (items: Int32Array): void => {
    for (let i = items.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      const item = items[i] ?? 0;
      items[i] = items[j] ?? 0;
      items[j] = item;
    }
  };
  return { next, integer, shuffle, shuffleInPlace, sample: (items, count) => shuffle(items).slice(0, count) };
};

/** Draws from the standard normal distribution (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
