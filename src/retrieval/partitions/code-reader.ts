import type { RowCodes } from "./types.ts";

/** Indexes of a typed array beyond 2^31 are slow, so that each GiB has a view of its own. */
const VIEW_BYTES = 2 ** 30;
/** A row that begins within a view ends within it, too. */
const OVERLAP = 2 ** 16;

/** Reads coded rows by their place. */
export interface CodeReader {
  readonly count: number;
  /** Copies the codes of `count` consecutive rows to `into`, from its start. */
  readonly copyCodes: (first: number, count: number, into: Uint8Array) => void;
  /** NaN if the row is erased. */
  readonly scale: (place: number) => number;
  /** Writes the vector that a row's codes stand for to `into` at `at`. */
  readonly decode: (place: number, into: Float32Array, at: number) => void;
}

/** @param rows must not change while they are read, but for rows that are erased */
export const createCodeReader = ({ buffer, dimension, stride, runs }: RowCodes): CodeReader => {
  const views = Array.from({ length: Math.ceil(buffer.byteLength / VIEW_BYTES) }, (_, i) => {
    const bytes = Math.min(VIEW_BYTES + OVERLAP, buffer.byteLength - i * VIEW_BYTES);
    return new Uint8Array(buffer, i * VIEW_BYTES, bytes);
  });
  const scales = runs.map((run) => new Float32Array(buffer, run.scales, run.rows));
  const starts = new Float64Array(runs.length + 1);
  runs.forEach((run, i) => (starts[i + 1] = (starts[i] ?? 0) + run.rows));
  const count = starts[runs.length] ?? 0;
  let last = 0;

  const runOf = (place: number): number => {
    // Most rows are read in order.
    if (place >= (starts[last] ?? 0) && place < (starts[last + 1] ?? 0)) return last;
    let [low, high] = [0, runs.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (place < (starts[middle] ?? 0)) high = middle - 1;
      else low = middle;
    }
    return (last = low);
  };

  const addressOf = (run: number, place: number): number =>
    (runs[run]?.codes ?? 0) + (place - (starts[run] ?? 0)) * stride;

  const scale = (place: number): number => {
    const run = runOf(place);
    return scales[run]?.[place - (starts[run] ?? 0)] ?? NaN;
  };

  return {
    count,
    copyCodes: (first, wanted, into) => {
      for (let done = 0; done < wanted;) {
        const run = runOf(first + done);
        const some = Math.min(wanted - done, (starts[run + 1] ?? 0) - first - done);
        const bytes = new Uint8Array(buffer, addressOf(run, first + done), some * stride);
        into.set(bytes, done * stride);
        done += some;
      }
    },
    scale,
    decode: (place, into, at) => {
      const run = runOf(place);
      const address = addressOf(run, place);
      const view = views[Math.floor(address / VIEW_BYTES)];
      const from = address % VIEW_BYTES;
      const s = scale(place);
      if (view === undefined) throw new RangeError(`there is no row ${place}`);
      for (let i = 0; i < dimension; i++) into[at + i] = s * ((view[from + i] ?? 64) - 64);
    },
  };
};
