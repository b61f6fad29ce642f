import { open } from "node:fs/promises";
import { AnchorageError, messageOf } from "../../../errors.ts";
import { float16Table } from "../../../math/float16.ts";
import { fill, readHeader, type ByteSource } from "./header.ts";

/** Bytes per read; a multiple of every item size. */
const CHUNK_BYTES = 1 << 24;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** An open `.npy` file: an array in C order (the last index varies fastest). */
export interface NpyArray {
  readonly shape: readonly number[];
  /** NumPy's type descriptor, such as `<f4`. */
  readonly descr: string;
  /** Reads all numbers into `target` from index `at` on, in chunks of 16 MiB. */
  readonly into: (target: Float32Array | Int32Array, at: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface ItemType {
  readonly bytes: number;
  /** Converts the items in `bytes` and writes them to `target` from index `at` on. */
  readonly convert: (bytes: ArrayBuffer, target: Float32Array | Int32Array, at: number) => void;
}

const plain = (
  items: (new (bytes: ArrayBuffer) => ArrayLike<number>) & { readonly BYTES_PER_ELEMENT: number },
): ItemType => ({
  bytes: items.BYTES_PER_ELEMENT,
  convert: (bytes, target, at) => target.set(new items(bytes), at),
});

/** Item types by NumPy's descriptor. All are little-endian, as is every platform that Node.js supports. */
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
      // Clamp to the int32 range; otherwise the typed array would wrap the value.
      new BigInt64Array(bytes).forEach(
        (value, i) => (target[at + i] = Math.max(MIN_INT32, Math.min(Number(value), MAX_INT32))),
      );
    },
  },
};

/** Descriptors of floating-point arrays, which are read into a `Float32Array`. */
export const VECTOR_ITEMS = ["<f4", "<f8", "<f2"] as const;
/** Descriptors of integer arrays, which are read into an `Int32Array`. */
export const LABEL_ITEMS = ["<i8", "<i4", "<u2", "|u1"] as const;

/**
 * Opens a `.npy` file in format 1.0, 2.0 or 3.0 (numpy.lib.format).
 *
 * @param items accepted type descriptors: {@link VECTOR_ITEMS} or {@link LABEL_ITEMS}
 * @throws AnchorageError `invalid-input` with the file's path if it cannot be read, has another type or Fortran order;
 * `corrupt-file` if it is not a `.npy` file or is truncated
 * @example
 * ```ts
 * const array = await openNpy("vectors.npy", VECTOR_ITEMS); // array.shape: [1000, 512]
 * const vectors = new Float32Array(1000 * 512);
 * await array.into(vectors, 0);
 * await array.close();
 * ```
 */
export const openNpy = async (path: string, items: readonly string[]): Promise<NpyArray> => {
  const handle = await open(path, "r").catch((error: unknown) => {
    throw new AnchorageError("invalid-input", `${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  try {
    const { size } = await handle.stat();
    return { ...(await arrayIn(handle, { size, path, items })), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/**
 * The array in the bytes of a `.npy` file.
 *
 * @param path for error messages
 * @throws AnchorageError as {@link openNpy}
 */
export const npyInMemory = async (
  bytes: Uint8Array,
  path: string,
  items: readonly string[],
): Promise<NpyArray> => {
  const source: ByteSource = {
    read: (target, at, length, position) => {
      const part = bytes.subarray(position, position + length);
      target.set(part, at);
      return Promise.resolve({ bytesRead: part.length });
    },
  };
  return { ...(await arrayIn(source, { size: bytes.length, path, items })), close: () => Promise.resolve() };
};

const arrayIn = async (
  source: ByteSource,
  { size, path, items }: { readonly size: number; readonly path: string; readonly items: readonly string[] },
): Promise<Omit<NpyArray, "close">> => {
  const { descr, shape, offset } = await readHeader(source, path);
  const item = items.includes(descr) ? ITEMS[descr] : undefined;
  if (item === undefined)
    throw new AnchorageError(
      "invalid-input",
      `${path} holds ${describeItem(descr)}; ${describeItems(items)}`,
    );
  const count = shape.reduce((product, size) => product * size, 1);
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
    into: (target, at) => readItems(source, offset, count, item, target, at),
  };
};

const readItems = async (
  handle: ByteSource,
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

/** A readable type name: `<f4` becomes float32. */
const describeItem = (descr: string): string => {
  const [, order = "", kind = "", bytes = ""] = /^([<>|=])([a-zA-Z])(\d*)/.exec(descr) ?? [];
  if (kind === "O") return "Python objects";
  const width = WIDTHS[kind];
  if (width === undefined) return `items of type '${descr}'`;
  return `${order === ">" ? "big-endian " : ""}${width}${8 * Number(bytes)}`;
};

const describeItems = (items: readonly string[]): string =>
  `${items.map(describeItem).join(", ")} are read here`;
