/** `even`: the given values at equal distances. */
export type ScaleKind = "linear" | "log" | "even";

/** Maps values to positions on an axis. */
export interface AxisScale {
  /** In pixels. */
  readonly position: (value: number) => number;
  readonly ticks: readonly number[];
}

const TICKS = 6;
const MULTIPLES = [1, 2, 5] as const;

/** From zero, or the minimum if it is negative, to a round number above the maximum. */
export const linearScale = (values: readonly number[], from: number, to: number): AxisScale => {
  const least = Math.min(0, ...values);
  const greatest = Math.max(...values);
  const step = roundStep((greatest - least || 1) / TICKS);
  const first = Math.floor(least / step);
  const last = Math.max(first + 1, Math.ceil(greatest / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [low, high] = [first * step, last * step];
  return { position: (value) => from + ((value - low) / (high - low)) * (to - from), ticks };
};

/** From the minimum to the maximum, which must be positive. @throws RangeError for a value that is not positive. */
export const logScale = (values: readonly number[], from: number, to: number): AxisScale => {
  const wrong = values.find((value) => !(value > 0));
  if (wrong !== undefined) throw new RangeError(`${wrong} cannot stand on a logarithmic axis`);
  let [least, greatest] = [Math.min(...values), Math.max(...values)];
  if (least === greatest) [least, greatest] = [least / 2, greatest * 2];
  const [low, high] = [Math.log10(least), Math.log10(greatest)];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const multiple of MULTIPLES) {
      const tick = multiple * 10 ** power;
      if (tick >= least && tick <= greatest) ticks.push(tick);
    }
  }
  return { position: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from), ticks };
};

/** Rounds up to 1, 2 or 5 times a power of ten. */
const roundStep = (least: number): number => {
  const power = 10 ** Math.floor(Math.log10(least));
  const multiple = MULTIPLES.find((candidate) => candidate * power >= least) ?? 10;
  return multiple * power;
};

/** The distinct values in ascending order, at equal distances. */
export const evenScale = (values: readonly number[], from: number, to: number): AxisScale => {
  const ticks = [...new Set(values)].sort((a, b) => a - b);
  const step = (to - from) / Math.max(1, ticks.length - 1);
  return { position: (value) => from + ticks.indexOf(value) * step, ticks };
};
