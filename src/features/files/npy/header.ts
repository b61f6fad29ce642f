import { AnchorageError } from "../../../errors.ts";

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
const VERSION = Uint8Array.of(1, 0);
/** Length of magic bytes, version and header length. */
const PREFIX_BYTES = 10;
/** Only record arrays have longer headers. */
const MAX_HEADER_BYTES = 1 << 16;
/** The data starts at a multiple of this (NumPy's format.py, ARRAY_ALIGN). */
const ALIGNMENT = 64;

/**
 * Builds the header (format version 1.0) of a `.npy` file of little-endian float32 numbers in C order. The data follows
 * it directly.
 *
 * @param shape the array's dimensions
 * @example
 * ```ts
 * await writeFile("vectors.npy", Buffer.concat([npyHeader([2, 3]), Buffer.from(numbers.buffer)]));
 * ```
 */
export const npyHeader = (shape: readonly number[]): Uint8Array => {
  const sizes = shape.length === 1 ? `${shape[0] ?? 0},` : shape.join(", ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const whole = Math.ceil((PREFIX_BYTES + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const length = whole - PREFIX_BYTES;
  const bytes = new Uint8Array(whole);
  bytes.set(MAGIC);
  bytes.set(VERSION, MAGIC.length);
  new DataView(bytes.buffer).setUint16(MAGIC.length + VERSION.length, length, true);
  bytes.set(Buffer.from(`${text.padEnd(length - 1)}\n`, "latin1"), PREFIX_BYTES);
  return bytes;
};

/** What is read by its places: an open file, or bytes in memory. */
export interface ByteSource {
  readonly read: (
    target: Uint8Array,
    at: number,
    length: number,
    position: number,
  ) => Promise<{ readonly bytesRead: number }>;
}

/** The parsed header of a `.npy` file. */
export interface NpyHeader {
  /** NumPy's type descriptor, such as `<f4`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Byte offset of the data. */
  readonly offset: number;
}

/**
 * Reads and validates the header of an open `.npy` file.
 *
 * @param path for error messages
 * @throws AnchorageError `corrupt-file` if the header is invalid, `invalid-input` for record arrays or Fortran order
 */
export const readHeader = async (handle: ByteSource, path: string): Promise<NpyHeader> => {
  const corrupt = (reason: string): AnchorageError =>
    new AnchorageError("corrupt-file", `${path}: ${reason}`);
  const start = new Uint8Array(12);
  const read = await fill(handle, start, 0);
  if (read < start.length || MAGIC.some((byte, i) => start[i] !== byte)) throw corrupt("is no .npy file");
  const view = new DataView(start.buffer);
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw corrupt(`is of .npy format ${version}, and 1 to 3 are read`);
  const [before, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES) throw corrupt(`has a header of ${length} bytes`);
  const bytes = new Uint8Array(length);
  if ((await fill(handle, bytes, before)) < length) throw corrupt("is cut off within its header");
  const header = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes);

  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(header)?.[1];
  if (order === undefined || sizes === undefined || !/'descr'\s*:/.test(header))
    throw corrupt("has a header without type, order and shape");
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  if (descr === undefined) throw new AnchorageError("invalid-input", `${path} holds records, not numbers`);
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  // A one-dimensional array is the same in C and Fortran order.
  if (order === "True" && shape.length > 1) {
    throw new AnchorageError(
      "invalid-input",
      `${path} is in Fortran order; rewrite it with numpy.save(file, numpy.ascontiguousarray(array))`,
    );
  }
  return { descr, shape, offset: before + length };
};

/** Reads until `bytes` is full or the file ends. @returns the number of bytes read */
export const fill = async (handle: ByteSource, bytes: Uint8Array, position: number): Promise<number> => {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
};
