/** Lookup table `[65536]` from the bits of an IEEE 754 binary16 number to its value. */
export const float16Table = (): Float32Array => (table ??= Float32Array.from({ length: 1 << 16 }, valueOf));

let table: Float32Array | undefined;

const valueOf = (_: unknown, bits: number): number => {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  // Subnormal numbers (below 2^-14) have no implicit leading one.
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};
