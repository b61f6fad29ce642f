/**
 * A number with so many decimals, where `toFixed` writes a small negative one as `-0.0000`.
 *
 * @example
 * ```ts
 * fixed(-0.00001, 4); // "0.0000"
 * ```
 */
export const fixed = (value: number, decimals: number): string => {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text;
};

/** The same with its sign; `+0.0` for what is rounded to zero. */
export const signed = (value: number, decimals: number): string => {
  const text = fixed(value, decimals);
  return text.startsWith("-") ? text : `+${text}`;
};
