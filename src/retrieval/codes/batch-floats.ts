import {
  takeCandidates,
  createPruning,
  SPARE,
  type BatchCandidates,
  type BatchPart,
  type BatchTools,
} from "./batch-scan.ts";
import type { Arm } from "./flat-part.ts";
import { EXTENT_ROWS, EXTENT_SHIFT } from "./layout.ts";

/**
 * Scores all rows of a part for all queries by products in float32, and keeps the best. For few rows and many candidates that
 * takes less time than choosing the candidates by codes. No score is below what was looked at.
 */
export const scanFloats = async (
  { segment, rows }: Pick<Arm, "segment" | "rows">,
  part: BatchPart,
  { memory, products }: BatchTools,
): Promise<BatchCandidates> => {
  const { queries, dimension, wanted, from, to, allow, firstSlot } = part;
  const { stride } = segment;
  const count = queries.length / dimension;
  const columns = Math.ceil(count / 4) * 4;
  const capacity = 2 * wanted + SPARE;
  const own = memory(columns, capacity);
  const scores = new Float32Array(own.products.buffer, own.products.byteOffset, own.products.length);
  const asked = new Float32Array(columns * stride);
  for (let query = 0; query < count; query++)
    asked.set(queries.subarray(query * dimension, (query + 1) * dimension), query * stride);
  own.thresholds.fill(Infinity);
  own.thresholds.fill(-Infinity, 0, count);
  own.regions.forEach(({ address }, query) => {
    own.next[query] = address;
    own.limits[query] = address + 8 * capacity;
  });
  const prune = createPruning(own, wanted, capacity, allow);
  const copied = new Float32Array(EXTENT_ROWS * stride);
  const extents = segment.extents(to);
  for (let position = from; position < to;) {
    const within = position & (EXTENT_ROWS - 1);
    const some = Math.min(to - position, EXTENT_ROWS - within);
    rows.copy(firstSlot + position, some, copied);
    const shape = { rows: some, stride, columns };
    const product = scores.subarray(0, some * columns);
    await products.multiplyFloats(copied.subarray(0, some * stride), asked, product, shape);
    // A row that is erased has no scale.
    for (let i = 0; i < some; i++)
      own.scales[i] = Number.isNaN(extents[position >>> EXTENT_SHIFT]?.scales[within + i] ?? NaN) ? NaN : 1;
    for (let done = 0; done < some;) {
      done += own.kernels.chooseFloats(
        4 * done * columns,
        some - done,
        columns,
        own.scales.byteOffset + 4 * done,
        own.thresholds.byteOffset,
        own.next.byteOffset,
        own.limits.byteOffset,
        position + done,
      );
      for (let query = 0; query < count; query++)
        if ((own.next[query] ?? 0) >= (own.limits[query] ?? 0)) prune(query, true);
    }
    position += some;
  }
  return takeCandidates(count, new Float32Array(count).fill(-Infinity), prune);
};
