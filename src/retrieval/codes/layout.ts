/** Rows of an extent: the stretch of memory by which a segment grows, and the most rows of one kernel call. */
export const EXTENT_ROWS = 4_096;
/** log2 of {@link EXTENT_ROWS}. */
export const EXTENT_SHIFT = 12;
/** Rows of a block, the unit in which lists of rows are chained. */
export const BLOCK_ROWS = 64;

/** The code of zero, and of padding. */
export const ZERO_CODE = 64;

/** A dimension rounded up to whole vectors of 16 codes: bytes of a row's codes, and floats of a stored row. */
export const strideOf = (dimension: number): number => Math.ceil(dimension / 16) * 16;

/** Bytes of a row in a segment: its codes, scale, slot and error. */
export const codeBytesOf = (dimension: number): number => strideOf(dimension) + 9;

/** Bytes of an extent: the codes of its rows, then their scales, slots and errors. */
export const extentBytesOf = (stride: number): number => EXTENT_ROWS * (stride + 9);

/**
 * A thread's part of a segment: the coded query, positions to read, and the pairs found. The kernels cannot reach another
 * memory than the one that the codes are in.
 */
export const AREA = {
  bytes: 256 * 1024,
  query: 0,
  positions: 32 * 1024,
  /** Positions that fit. */
  positionsCapacity: 16_384,
  region: 96 * 1024,
  /** Pairs that fit, beside the region's head of 16 bytes. */
  pairsCapacity: 20_000,
} as const;
