/**
 * How many of the best by codes are scored again in float32: enough that about one query of a thousand misses a neighbour, or
 * so many that one scan proves the answer for most queries.
 *
 * @param proof whether the answer must be proven
 */
export const candidatesFor = (k: number, proof: boolean): number =>
  proof ? Math.max(256, Math.ceil(7.68 * k)) : k + Math.max(16, Math.ceil(k / 8));
