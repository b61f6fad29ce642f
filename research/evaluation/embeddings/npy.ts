import { open, type FileHandle } from "node:fs/promises";
import { AnchorageError, messageOf } from "../../../src/errors.ts";
import { float16Table } from "../../../src/math/float16.ts";

/** Read at once. A multiple of every item's size. */
const CHUNK_BYTES = 1 << 24;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Longer headers are those of record arrays. */
const MAX_HEADER_BYTES = 1 << 16;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** An array in a NumPy file: in C order, the last index moving fastest. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** As NumPy writes it, such as `<f4`. */
  readonly descr: string;
  /** Writes its numbers one after another into `target` from `at` on. */
  readonly into: (target: Float32Array | Int32Array, at: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface ItemType {
  readonly bytes: number;
  /** Puts the numbers of `bytes` into `target` from `at` on. */
  readonly convert: (bytes: ArrayBuffer, target: Float32Array | Int32Array, at: number) => void;
}

const plain = (
  items: (new (bytes: ArrayBuffer) => ArrayLike<number>) & { readonly BYTES_PER_ELEMENT: number },
): ItemType => ({
  bytes: items.BYTES_PER_ELEMENT,
  convert: (bytes, target, at) => target.set(new items(bytes), at),
});

/** By NumPy's names, little-endian, as every machine is that Node runs on. */
const ITEMS: Readonly<Record<string, ItemType>> = {
  "<f4": plain(Float32Array),
  "<f8": plain(Float64Array),
  "<f2": {
    bytes: 2,
    convert: (bytes, target, at) => {
      const table = float16Table();
      new Uint16Array(bytes).forEach((half, i) => (target[at + i] = table[half] ?? NaN));
    },
  },
  "|u1": plain(Uint8Array),
  "<u2": plain(Uint16Array),
  "<i4": plain(Int32Array),
  "<i8": {
    bytes: 8,
    convert: (bytes, target, at) => {
      // What int32 cannot hold stays out of range, where it would else be wrapped into it.
      new BigInt64Array(bytes).forEach(
        (value, i) => (target[at + i] = Math.max(MIN_INT32, Math.min(Number(value), MAX_INT32))),
      );
    },
  },
};

export const VECTOR_ITEMS = ["<f4", "<f8", "<f2"] as const;
export const LABEL_ITEMS = ["<i8", "<i4", "<u2", "|u1"] as const;

/**
 * Opens a `.npy` file of NumPy's format 1.0, 2.0 or 3.0 (numpy.lib.format).
 *
 * @param items which of the types it may have
 * @throws AnchorageError `invalid-input` that names the file where it is not there, of another type or in Fortran
 * order; `corrupt-file` where it is no such file or ends too soon.
 */
export const openNpy = async (path: string, items: readonly string[]): Promise<NpyArray> => {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw new AnchorageError("invalid-input", `${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  try {
    const { descr, shape, offset } = await readHeader(handle, path);
    const item = items.includes(descr) ? ITEMS[descr] : undefined;
    if (item === undefined)
      throw new AnchorageError("invalid-input", `${path} holds ${tellItem(descr)}; ${tellItems(items)}`);
    const count = shape.reduce((product, size) => product * size, 1);
    const { size } = await handle.stat();
    const wanted = offset + count * item.bytes;
    if (size < wanted) {
      throw new AnchorageError(
        "corrupt-file",
        `${path} is cut off: ${size} bytes, and its header promises ${wanted}`,
      );
    }
    return {
      shape,
      descr,
      into: (target, at) => readItems(handle, offset, count, item, target, at),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
};

const readItems = async (
  handle: FileHandle,
  offset: number,
  count: number,
  { bytes: size, convert }: ItemType,
  target: Float32Array | Int32Array,
  at: number,
): Promise<void> => {
  const aChunk = CHUNK_BYTES / size;
  for (let first = 0; first < count; first += aChunk) {
    const bytes = new Uint8Array(Math.min(aChunk, count - first) * size);
    await fill(handle, bytes, offset + first * size);
    convert(bytes.buffer, target, at + first);
  }
};

/** Reads until `bytes` is full or the file ends; @returns how many bytes were read */
const fill = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> => {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
};

const readHeader = async (
  handle: FileHandle,
  path: string,
): Promise<{ descr: string; shape: number[]; offset: number }> => {
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
    throw corrupt("has a header that tells no type, order and shape");
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  if (descr === undefined) throw new AnchorageError("invalid-input", `${path} holds records, not numbers`);
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  // The order of one dimension is one and the same.
  if (order === "True" && shape.length > 1) {
    throw new AnchorageError(
      "invalid-input",
      `${path} is in Fortran order; write it anew by numpy.save(file, numpy.ascontiguousarray(array))`,
    );
  }
  return { descr, shape, offset: before + length };
};

const WIDTHS: Readonly<Record<string, string>> = { f: "float", i: "int", u: "uint" };

/** `<f4` as float32. */
const tellItem = (descr: string): string => {
  const [, order = "", kind = "", bytes = ""] = /^([<>|=])([a-zA-Z])(\d*)/.exec(descr) ?? [];
  if (kind === "O") return "Python objects";
  const width = WIDTHS[kind];
  if (width === undefined) return `items of type '${descr}'`;
  return `${order === ">" ? "big-endian " : ""}${width}${8 * Number(bytes)}`;
};

const tellItems = (items: readonly string[]): string => `${items.map(tellItem).join(", ")} are read here`;
