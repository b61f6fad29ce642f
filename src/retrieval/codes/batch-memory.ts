import { openBatchKernels, type BatchKernels } from "./kernels.ts";
import { EXTENT_ROWS } from "./layout.ts";

const PAGE = 65_536;
const PAIR_BYTES = 8;

/** A thread's own memory while it answers a batch: products of one extent, thresholds, and a region of pairs a query. */
export interface BatchMemory {
  readonly kernels: BatchKernels;
  readonly products: Int32Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  /** Below its threshold a score of the query is passed over. */
  readonly thresholds: Float32Array<ArrayBuffer>;
  /** Addresses of the queries' next pairs, and of the ends of their regions. */
  readonly next: Uint32Array<ArrayBuffer>;
  readonly limits: Uint32Array<ArrayBuffer>;
  /** A query's pairs, (position, score) after one another: the same memory as integers and as scores. */
  readonly regions: readonly {
    readonly address: number;
    readonly positions: Int32Array<ArrayBuffer>;
    readonly scores: Float32Array<ArrayBuffer>;
  }[];
}

/** Keeps one memory, which grows to what a batch needs. */
export const createBatchMemory = (): ((columns: number, capacity: number) => BatchMemory) => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = openBatchKernels(memory);
  return (columns, capacity) => {
    const sizes = {
      products: 4 * EXTENT_ROWS * columns,
      scales: 4 * EXTENT_ROWS,
      thresholds: 4 * columns,
      next: 4 * columns,
      limits: 4 * columns,
    };
    const regionsAt = Object.values(sizes).reduce((sum, size) => sum + size, 0);
    const bytes = regionsAt + columns * capacity * PAIR_BYTES;
    const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
    if (missing > 0) memory.grow(missing);
    const { buffer } = memory;
    if (buffer instanceof SharedArrayBuffer) throw new TypeError("the memory of a batch is not to be shared");
    const scalesAt = sizes.products;
    const thresholdsAt = scalesAt + sizes.scales;
    const nextAt = thresholdsAt + sizes.thresholds;
    const limitsAt = nextAt + sizes.next;
    const regions = Array.from({ length: columns }, (_, query) => {
      const address = regionsAt + query * capacity * PAIR_BYTES;
      return {
        address,
        positions: new Int32Array(buffer, address, 2 * capacity),
        scores: new Float32Array(buffer, address, 2 * capacity),
      };
    });
    return {
      kernels,
      products: new Int32Array(buffer, 0, EXTENT_ROWS * columns),
      scales: new Float32Array(buffer, scalesAt, EXTENT_ROWS),
      thresholds: new Float32Array(buffer, thresholdsAt, columns),
      next: new Uint32Array(buffer, nextAt, columns),
      limits: new Uint32Array(buffer, limitsAt, columns),
      regions,
    };
  };
};
