import type { RelativeRepresentations } from "../../../asif/index.ts";

/** One row of relative representations. */
export interface RepresentationRow {
  readonly slots: Int32Array;
  readonly values: Float64Array;
  readonly similarities: Float32Array;
}

export const representationRows = ({
  count,
  offsets,
  slots,
  values,
  similarities,
}: RelativeRepresentations): RepresentationRow[] =>
  Array.from({ length: count }, (_, row) => {
    const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
    // Parts of one memory: what is kept of a batch keeps the batch.
    return {
      slots: slots.subarray(from, to),
      values: values.subarray(from, to),
      similarities: similarities.subarray(from, to),
    };
  });

export const joinRows = (rows: readonly RepresentationRow[]): RelativeRepresentations => {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(({ slots }, i) => (offsets[i + 1] = (offsets[i] ?? 0) + slots.length));
  const total = offsets[rows.length] ?? 0;
  const joined = {
    count: rows.length,
    offsets,
    slots: new Int32Array(total),
    values: new Float64Array(total),
    similarities: new Float32Array(total),
  };
  rows.forEach((row, i) => {
    joined.slots.set(row.slots, offsets[i] ?? 0);
    joined.values.set(row.values, offsets[i] ?? 0);
    joined.similarities.set(row.similarities, offsets[i] ?? 0);
  });
  return joined;
};
