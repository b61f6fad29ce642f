import { open, type FileHandle } from "node:fs/promises";
import { AnchorageError, messageOf } from "../../errors.ts";
import { float16Table } from "../float16.ts";
import { fill, readHeader } from "./header.ts";

/** Bytes read at once: a multiple of every item's size. */
const CHUNK_BYTES = 1 << 24;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** An open NumPy file: an array in C order, the last index moving fastest. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** As NumPy writes it, such as `<f4`. */
  readonly descr: string;
  /** Reads all numbers, 16 MiB of the file at a time, into `target` from `at` on. */
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

/** Types of floating-point arrays, which read into a `Float32Array`. */
export const VECTOR_ITEMS = ["<f4", "<f8", "<f2"] as const;
/** Types of integer arrays, which read into an `Int32Array`. */
export const LABEL_ITEMS = ["<i8", "<i4", "<u2", "|u1"] as const;

/**
 * Opens a `.npy` file of NumPy's format 1.0, 2.0 or 3.0 (numpy.lib.format).
 *
 * @param items the types that are accepted
 * @throws AnchorageError `invalid-input` that names the file where it does not exist, has another type or Fortran order;
 * `corrupt-file` where it is not a `.npy` file or is cut off
 * @example
 * const array = await openNpy("vectors.npy", VECTOR_ITEMS); // array.shape: [1000, 512]
 * const vectors = new Float32Array(1000 * 512);
 * await array.into(vectors, 0);
 * await array.close();
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
