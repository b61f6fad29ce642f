import { float16Table } from "../../../math/float16.ts";
import { noCheckpoint } from "./fault.ts";
import type { PickledTensor } from "./values.ts";

/** How one number of a storage lies in its bytes. */
interface NumberType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** The types of storages that are read, by name, and what messages call them. */
export interface NumberTypes {
  readonly label: string;
  readonly types: Readonly<Record<string, NumberType>>;
}

const bits = new DataView(new ArrayBuffer(4));

export const FLOATS: NumberTypes = {
  label: "floating-point numbers",
  types: {
    FloatStorage: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
    DoubleStorage: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
    HalfStorage: { bytes: 2, read: (view, at) => float16Table()[view.getUint16(at, true)] ?? Number.NaN },
    BFloat16Storage: {
      bytes: 2,
      read: (view, at) => {
        bits.setInt32(0, view.getUint16(at, true) << 16);
        return bits.getFloat32(0);
      },
    },
  },
};

/** Those of 64 bits are exact up to 2^53. */
export const INTEGERS: NumberTypes = {
  label: "whole numbers",
  types: {
    LongStorage: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
    IntStorage: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
    ShortStorage: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
    CharStorage: { bytes: 1, read: (view, at) => view.getInt8(at) },
    ByteStorage: { bytes: 1, read: (view, at) => view.getUint8(at) },
  },
};

/** How many numbers a tensor has. */
export const countOf = ({ shape }: PickledTensor): number => shape.reduce((a, b) => a * b, 1);

/**
 * Writes a tensor's numbers to `target` in row-major order, whatever its strides are.
 *
 * @param target as long as the tensor has numbers
 * @param name what messages call the tensor
 * @param bytes of the tensor's storage
 * @throws AnchorageError `corrupt-file` if the storage is of another type, or does not hold the tensor
 */
export const writeNumbers = (
  target: Float32Array | Float64Array,
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  { types, label }: NumberTypes,
  bytes: Uint8Array | undefined,
): void => {
  const type = types[storage.type];
  if (type === undefined) throw noCheckpoint(`"${name}" is a ${storage.type}; ${label} are read`);
  if (bytes?.length !== storage.count * type.bytes)
    throw noCheckpoint(`the numbers of "${name}" are missing, or not as many as they should be`);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
  if (target.length > 0 && last >= storage.count) throw noCheckpoint(`"${name}" reaches beyond its numbers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { read, bytes: width } = type;
  const [sizes, steps] = isRowMajor(shape, strides) ? [[target.length], [1]] : [shape, strides];
  const run = sizes.at(-1) ?? 1;
  const step = steps.at(-1) ?? 1;
  let to = 0;
  for (const from of runsOf(offset, sizes, steps))
    for (let i = 0; i < run; i++) target[to++] = read(view, (from + i * step) * width);
};

const isRowMajor = (shape: readonly number[], strides: readonly number[]): boolean => {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (strides[axis] !== step) return false;
    step *= shape[axis] ?? 1;
  }
  return true;
};

/** Where each run along the last axis begins, in the order of the tensor's numbers. */
function* runsOf(
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Generator<number, void> {
  if (shape.includes(0)) return;
  const axes = shape.length - 1;
  const place = new Array<number>(Math.max(0, axes)).fill(0);
  for (let axis = 0; axis >= 0;) {
    yield place.reduce((at, index, i) => at + index * (strides[i] ?? 0), offset);
    for (axis = axes - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] ?? 0) + 1;
      if ((place[axis] ?? 0) < (shape[axis] ?? 0)) break;
      place[axis] = 0;
    }
  }
}
