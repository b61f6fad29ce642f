import type { Random } from "../../src/math/random.ts";

/**
 * Chooses frames of a video as eP-ALM's code does (`get_frame_indices` in dataset/video_utils.py of mshukor/eP-ALM): one
 * from each of as many equal intervals, whose bounds are rounded down. Where a video has fewer frames than are wanted, its
 * last chosen frame is repeated.
 *
 * @param wanted how many frames, from 1
 * @param available how many frames the video has, from 1
 * @param random draws a frame of each interval but its last one, as the authors do in training and in tests, or frames of
 * the whole video where an interval has one alone; without it the middle of each interval is taken
 * @returns indices of frames, ascending
 * @example
 * ```ts
 * frameIndices(4, 300); // [37, 112, 187, 262]
 * ```
 */
export const frameIndices = (wanted: number, available: number, random?: Random): number[] => {
  const count = Math.min(wanted, available);
  // As NumPy's linspace: the product may be rounded to just below a whole number.
  const bound = (i: number): number => (i === count ? available : Math.floor(i * (available / count)));
  const intervals = Array.from({ length: count }, (_, i) => [bound(i), bound(i + 1) - 1] as const);
  const indices = random === undefined ? intervals.map(middle) : drawn(intervals, available, random);
  const last = indices.at(-1) ?? 0;
  return [...indices, ...Array.from({ length: wanted - count }, () => last)];
};

type Interval = readonly [first: number, last: number];

const middle = ([first, last]: Interval): number => Math.floor((first + last) / 2);

const drawn = (intervals: readonly Interval[], available: number, random: Random): number[] =>
  intervals.every(([first, last]) => last > first)
    ? intervals.map(([first, last]) => first + random.integer(last - first))
    : random.sample([...Array(available).keys()], intervals.length).sort((a, b) => a - b);
