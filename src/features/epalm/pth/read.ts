import { float16Table } from "../../../math/float16.ts";
import type { Tensors } from "../tensors.ts";
import { noCheckpoint } from "./fault.ts";
import { readPickle } from "./pickle.ts";
import { isKind, type PickledTensor } from "./values.ts";
import { readZip } from "./zip.ts";

const STATE = "data.pkl";
/** Under which the authors of eP-ALM keep what is trained. */
const MODEL = "model";
/** The beginning of what PyTorch wrote before 1.6, and Python's pickles. */
const OLD = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46];
const ZIP = [0x50, 0x4b];
/** Of the numbers that are read. */
const LEAST_BYTES = 2;

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** Whether a file may be a PyTorch checkpoint, by its first bytes: a zip archive, or a pickle. */
export const isCheckpoint = (bytes: Uint8Array): boolean =>
  startsWith(bytes, ZIP) || (bytes[0] === OLD[0] && (bytes[1] ?? 9) <= 5);

/**
 * Reads the tensors under `model` of a checkpoint as `torch.save` writes it since PyTorch 1.6 (a zip archive of a pickle
 * and of numbers), as float32. Nothing in it is run.
 *
 * @throws AnchorageError `corrupt-file` that says what is wrong, or what the pickle asks for that is not read
 */
export const readCheckpoint = (bytes: Uint8Array): Tensors => {
  if (startsWith(bytes, OLD))
    throw noCheckpoint(
      "it is of the kind before PyTorch 1.6; load it there and save it again, or write it as safetensors",
    );
  const entries = readZip(bytes);
  const [state, ...others] = [...entries.keys()].filter((name) => name.split("/").at(-1) === STATE);
  if (state === undefined || others.length > 0) throw noCheckpoint(`its archive should have one ${STATE}`);
  const folder = state.slice(0, -STATE.length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order).trim() !== "little")
    throw noCheckpoint("its numbers are not little-endian");
  const root = readPickle(entries.get(state) ?? new Uint8Array(0));
  const model = isKind(root, "dict") ? root.entries.get(MODEL) : undefined;
  if (!isKind(model, "dict")) throw noCheckpoint(`it has no dictionary "${MODEL}"`);
  const tensors: Tensors = new Map();
  let read = 0;
  for (const [name, tensor] of model.entries) {
    if (typeof name !== "string" || !isKind(tensor, "tensor"))
      throw noCheckpoint(`"${MODEL}" holds something that is no tensor`);
    const count = tensor.shape.reduce((a, b) => a * b, 1);
    read += count;
    // A few bytes can be told as a tensor of any size, by steps of 0 from number to number, or again and again.
    if (!(read * LEAST_BYTES <= bytes.length)) throw noCheckpoint(`"${name}" is larger than the file`);
    const numbers = entries.get(`${folder}data/${tensor.storage.key}`);
    tensors.set(name, { shape: tensor.shape, data: numbersOf(name, tensor, count, numbers) });
  }
  return tensors;
};

const numbersOf = (
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  count: number,
  bytes: Uint8Array | undefined,
): Float32Array => {
  const type = TYPES[storage.type];
  if (type === undefined)
    throw noCheckpoint(`"${name}" is a ${storage.type}; floating-point numbers are read`);
  if (bytes?.length !== storage.count * type.bytes)
    throw noCheckpoint(`the numbers of "${name}" are missing, or not as many as they should be`);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
  if (count > 0 && last >= storage.count) throw noCheckpoint(`"${name}" reaches beyond its numbers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const result = new Float32Array(count);
  const { read, bytes: width } = type;
  const [sizes, steps] = isRowMajor(shape, strides) ? [[count], [1]] : [shape, strides];
  const run = sizes.at(-1) ?? 1;
  const step = steps.at(-1) ?? 1;
  let to = 0;
  for (const from of runsOf(offset, sizes, steps))
    for (let i = 0; i < run; i++) result[to++] = read(view, (from + i * step) * width);
  return result;
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

interface NumberType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

const bits = new DataView(new ArrayBuffer(4));

const TYPES: Readonly<Record<string, NumberType>> = {
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
};
