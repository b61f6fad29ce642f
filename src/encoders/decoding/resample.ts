/** Interpolation filters of Pillow. */
export type ResampleFilter = "nearest" | "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

/** Pixels of 8 bits: `[height, width, 3]`, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const CHANNELS = 3;
/** Pillow keeps weights as integers of this many fractional bits. */
const PRECISION = 2 ** 22;

/**
 * Resizes as Pillow does, to the byte: the filter grows with the factor of reduction (antialiasing), weights are rounded to
 * 22 bits, and the result of the horizontal pass is rounded to bytes before the vertical one.
 *
 * Source: `libImaging/Resample.c` and, for `nearest`, `Geometry.c` of Pillow 11.
 *
 * @example
 * ```ts
 * resample({ width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 9, 9, 9) }, 1, 1, "box").data[0]; // 5
 * ```
 */
export const resample = (from: Pixels, width: number, height: number, filter: ResampleFilter): Pixels => {
  if (from.width === width && from.height === height) return from;
  if (filter === "nearest") return nearest(from, width, height);
  const across = from.width === width ? from : pass(from, width, FILTERS[filter], "horizontal");
  return from.height === height ? across : pass(across, height, FILTERS[filter], "vertical");
};

interface Kernel {
  /** Half of the width of the filter, in pixels of an enlarged image. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const CUBIC = -0.5;

const FILTERS: Readonly<Record<Exclude<ResampleFilter, "nearest">, Kernel>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  bicubic: {
    support: 2,
    weight: (given) => {
      const x = Math.abs(given);
      if (x < 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

/** For each pixel of the result, the pixels that it is made of, with weights that sum to about {@link PRECISION}. */
const windowsOf = (from: number, to: number, { support, weight }: Kernel): Window[] => {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(from, Math.trunc(centre + reach + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) =>
      weight((k + first - centre + 0.5) * (1 / stretch)),
    );
    const sum = raw.reduce((total, value) => total + value, 0);
    const weights = raw.map((value) => {
      const share = sum === 0 ? value : value * (1 / sum);
      return Math.trunc(share * PRECISION + (share < 0 ? -0.5 : 0.5));
    });
    return { first, weights };
  });
};

const pass = (from: Pixels, to: number, kernel: Kernel, direction: "horizontal" | "vertical"): Pixels => {
  const isHorizontal = direction === "horizontal";
  const width = isHorizontal ? to : from.width;
  const height = isHorizontal ? from.height : to;
  const step = isHorizontal ? CHANNELS : from.width * CHANNELS;
  const data = new Uint8ClampedArray(width * height * CHANNELS);
  const windows = windowsOf(isHorizontal ? from.width : from.height, to, kernel);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const window = windows[isHorizontal ? x : y];
      if (window === undefined) continue;
      const { first, weights } = window;
      const start = isHorizontal ? (y * from.width + first) * CHANNELS : (first * from.width + x) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel++) {
        let sum = PRECISION / 2;
        for (let k = 0, at = start + channel; k < weights.length; k++, at += step)
          sum += (from.data[at] ?? 0) * (weights[k] ?? 0);
        data[(y * width + x) * CHANNELS + channel] = Math.floor(sum / PRECISION);
      }
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
};

const nearest = (from: Pixels, width: number, height: number): Pixels => {
  const data = new Uint8Array(width * height * CHANNELS);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / height);
    for (let x = 0; x < width; x++) {
      const at = (row * from.width + Math.floor(((x + 0.5) * from.width) / width)) * CHANNELS;
      data.set(from.data.subarray(at, at + CHANNELS), (y * width + x) * CHANNELS);
    }
  }
  return { width, height, data };
};
