import { toBytes } from "../../store/float32.ts";

/** Bytes of a file that are sent at once. */
const CHUNK_BYTES = 256 * 1024;
/** Where numbers start, so that a browser can look at them where they are. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;

/** An array of a {@link tensorFile}; texts are their bytes as JSON. */
export type NamedArray = readonly [name: string, array: Float32Array | Uint32Array | Uint8Array];

/** A file that is sent part by part. */
export interface SentFile {
  /** In bytes. */
  readonly length: number;
  readonly chunks: () => Generator<Uint8Array, void>;
}

/**
 * A file in the format safetensors (github.com/huggingface/safetensors): the length of a JSON header as a uint64, the
 * header with the type, shape and bytes of each array, then the arrays, little-endian.
 *
 * @param texts what the header says beside, under `__metadata__`
 * @param arrays those of 4-byte numbers first, so that each is aligned; the shape of one with `columns` is two-dimensional
 * @example
 * ```ts
 * const { length } = tensorFile({ side: "image" }, [["places", Float32Array.of(0, 1)]], new Map([["places", 2]]));
 * ```
 */
export const tensorFile = (
  texts: Readonly<Record<string, string>>,
  arrays: readonly NamedArray[],
  columns: ReadonlyMap<string, number> = new Map(),
): SentFile => {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: texts };
  for (const [name, array] of arrays) {
    const width = columns.get(name);
    header[name] = {
      dtype: typeOf(array),
      shape: width === undefined ? [array.length] : [array.length / width, width],
      data_offsets: [end, (end += array.byteLength)],
    };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT, " ");
  json.copy(padded);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.length));
  const parts = [length, padded, ...arrays.map(([, array]) => littleEndian(array))];
  return {
    length: parts.reduce((sum, part) => sum + part.byteLength, 0),
    chunks: function* () {
      for (const part of parts)
        for (let from = 0; from < part.length; from += CHUNK_BYTES)
          yield part.subarray(from, from + CHUNK_BYTES);
    },
  };
};

const typeOf = (array: NamedArray[1]): "F32" | "U32" | "U8" =>
  array instanceof Float32Array ? "F32" : array instanceof Uint32Array ? "U32" : "U8";

const littleEndian = (array: NamedArray[1]): Uint8Array => {
  if (array instanceof Uint8Array) return array;
  const { buffer, byteOffset, length } = array;
  return toBytes(array instanceof Float32Array ? array : new Float32Array(buffer, byteOffset, length));
};
