/** A partition of `0 .. size - 1`, at first each number alone. */
export interface AnchorGroups {
  /** Puts the groups of two numbers together. */
  readonly join: (a: number, b: number) => void;
  /** The number that stands for a number's group: the least of it. */
  readonly rootOf: (a: number) => number;
}

/**
 * Disjoint sets by union-find with path halving (Tarjan and van Leeuwen, "Worst-case analysis of set union algorithms",
 * 1984).
 *
 * @example
 * ```ts
 * const groups = createGroups(4);
 * groups.join(3, 1);
 * groups.rootOf(3); // 1
 * ```
 */
export const createGroups = (size: number): AnchorGroups => {
  const parents = Int32Array.from({ length: size }, (_, i) => i);
  const rootOf = (a: number): number => {
    let at = a;
    for (;;) {
      const parent = parents[at] ?? at;
      if (parent === at) return at;
      const above = parents[parent] ?? parent;
      parents[at] = above;
      at = above;
    }
  };
  return {
    rootOf,
    join: (a, b) => {
      const [first, second] = [rootOf(a), rootOf(b)];
      parents[Math.max(first, second)] = Math.min(first, second);
    },
  };
};
