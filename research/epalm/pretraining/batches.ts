import type { TensorData } from "../../../src/onnx/index.ts";
import type { Random } from "../../../src/math/random.ts";

/** Rows of one length, the shorter ones padded behind. */
export interface Batch {
  readonly rows: readonly (readonly number[])[];
  readonly length: number;
}

/** Lengths are rounded up to this, for the first runs of each new shape are slow. */
const STEP = 8;

/**
 * Rows of about the same length together, in random order.
 *
 * @param tokens of a batch at most, padding included; a longer row is a batch of its own
 */
export const batchesOf = (
  rows: readonly (readonly number[])[],
  tokens: number,
  random: Random,
): readonly Batch[] => {
  const byLength = new Map<number, (readonly number[])[]>();
  for (const row of random.shuffle(rows)) {
    const length = Math.ceil(row.length / STEP) * STEP;
    const bucket = byLength.get(length);
    if (bucket === undefined) byLength.set(length, [row]);
    else bucket.push(row);
  }
  const batches: Batch[] = [];
  for (const [length, bucket] of byLength) {
    const count = Math.max(1, Math.floor(tokens / length));
    for (let first = 0; first < bucket.length; first += count)
      batches.push({ rows: bucket.slice(first, first + count), length });
  }
  return random.shuffle(batches);
};

/** What the training graph takes of a batch, and how many of its tokens are to be foretold. */
export const feedsOf = (
  { rows, length }: Batch,
  pad: number,
): { readonly feeds: Record<string, TensorData>; readonly targets: number } => {
  const dims = [rows.length, length];
  const ids = new BigInt64Array(rows.length * length).fill(BigInt(pad));
  const mask = new BigInt64Array(ids.length);
  const next = new BigInt64Array(ids.length).fill(-1n);
  let targets = 0;
  rows.forEach((row, r) => {
    row.forEach((token, i) => {
      const at = r * length + i;
      ids[at] = BigInt(token);
      mask[at] = 1n;
      if (i === 0) return;
      next[at - 1] = BigInt(token);
      targets++;
    });
  });
  const of = (data: BigInt64Array<ArrayBuffer>): TensorData => ({ type: "int64", data, dims });
  return { feeds: { input_ids: of(ids), attention_mask: of(mask), targets: of(next) }, targets };
};
