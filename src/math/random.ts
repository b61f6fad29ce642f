/** Numbers that look random and are the same for the same seed. Not for secrets. */
export interface Random {
  /** Uniform in [0, 1), in steps of 2^-32. */
  next(): number;
  /** Uniform in 0 .. n - 1, for n up to 2^32. */
  integer(n: number): number;
  /** A shuffled copy (Fisher and Yates): every order is as likely. */
  shuffle<T>(items: readonly T[]): T[];
  /** The same without a copy. */
  shuffleInPlace(items: Int32Array): void;
  /** `count` of the items without replacement, in random order; all of them where there are fewer. */
  sample<T>(items: readonly T[], count: number): T[];
}

/** The generator mulberry32 (Tommy Ettinger, 2017): 32 bits of state, period 2^32. Of `seed` the low 32 bits count. */
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

/** A normal number with mean 0 and deviation 1 (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
