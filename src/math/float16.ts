/** What each 16 bits stand for as a number of IEEE 754's binary16: `[65536]`. */
export const float16Table = (): Float32Array => (table ??= Float32Array.from({ length: 1 << 16 }, valueOf));

let table: Float32Array | undefined;

const valueOf = (_: unknown, bits: number): number => {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  // Numbers below 2^-14 have no leading one.
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};
