/** Maps values to positions on an axis, in units of the drawing. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const MULTIPLES = [1, 2, 5, 10] as const;

/** From `low` to `high` with about five round ticks between them. */
export const linear = (low: number, high: number, from: number, to: number): Scale => {
  const span = high > low ? high - low : 1;
  const power = 10 ** Math.floor(Math.log10(span / 5));
  const step = power * (MULTIPLES.find((multiple) => multiple * power >= span / 5 - 1e-12) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor((low + span) / step + 1e-9) - first + 1;
  return {
    at: (value) => from + ((value - low) / span) * (to - from),
    ticks: Array.from({ length: count }, (_, i) => (first + i) * step),
  };
};

/** From the least to the greatest of positive values, each power of ten and some between them as ticks. */
export const logarithmic = (values: readonly number[], from: number, to: number): Scale => {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const span = high > low ? high - low : 1;
  const multiples = span > 3 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const multiple of multiples) {
      const tick = multiple * 10 ** power;
      if (Math.log10(tick) >= low - 1e-9 && Math.log10(tick) <= low + span + 1e-9) ticks.push(tick);
    }
  return { at: (value) => from + ((Math.log10(value) - low) / span) * (to - from), ticks };
};
