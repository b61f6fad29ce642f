import { z } from "zod";
import { AnchorageError } from "../../../errors.ts";
import { float16Table } from "../../../math/float16.ts";
import type { NamedTensor, Tensors } from "../../../math/tensors.ts";

const METADATA = "__metadata__";
/** Eight bytes with the length of the header come first. */
const LENGTH_BYTES = 8;
const LONGEST_HEADER = 100_000_000;
/** Where numbers start, so that they can be mapped as they are. */
const ALIGNMENT = 8;

const entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});
const metadata = z.record(z.string(), z.string());

const BYTES: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

/** Where a tensor lies in a file, in bytes from its start. */
export interface TensorPlace {
  readonly type: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly places: ReadonlyMap<string, TensorPlace>;
}

/**
 * The beginning of a safetensors file of float32 tensors, whose numbers follow it in the order of `shapes`, each tensor's
 * row-major.
 *
 * @param texts metadata of the header
 */
export const safetensorsHeader = (
  shapes: ReadonlyMap<string, readonly number[]>,
  texts: Readonly<Record<string, string>> = {},
): Uint8Array => {
  let end = 0;
  const header: Record<string, unknown> = Object.keys(texts).length === 0 ? {} : { [METADATA]: texts };
  for (const [name, shape] of shapes) {
    const length = shape.reduce((a, b) => a * b, Float32Array.BYTES_PER_ELEMENT);
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + length] };
    end += length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + padded).fill(0x20, LENGTH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
};

/**
 * Writes float32 tensors as a safetensors file. The same tensors give the same bytes.
 *
 * @param texts metadata of the header
 */
export const writeSafetensors = (
  tensors: ReadonlyMap<string, NamedTensor>,
  texts: Readonly<Record<string, string>> = {},
): Uint8Array => {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const header = safetensorsHeader(new Map(sorted.map(([name, { shape }]) => [name, shape])), texts);
  const length = sorted.reduce((sum, [, { data }]) => sum + data.byteLength, header.length);
  const bytes = new Uint8Array(length);
  bytes.set(header);
  let at = header.length;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
};

/**
 * Reads where the tensors of a safetensors file are.
 *
 * @param bytes the file, or so much of its beginning as holds the header
 * @param fileLength of the whole file
 * @param longest that the header may be, in bytes; it is parsed at once
 * @throws AnchorageError `corrupt-file` that says what is wrong
 */
export const readSafetensorsHeader = (
  bytes: Uint8Array,
  fileLength: number,
  longest = LONGEST_HEADER,
): SafetensorsHeader => {
  if (bytes.length < LENGTH_BYTES) throw corrupt("it is shorter than its own header");
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > longest || LENGTH_BYTES + length > bytes.length)
    throw corrupt(`its header should be ${length} bytes long, which it is not`);
  const start = LENGTH_BYTES + length;
  const header = parseJson(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start)));
  const parsed = metadata.safeParse(header[METADATA] ?? {});
  const places = new Map<string, TensorPlace>();
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) continue;
    const parsed = entry.safeParse(value);
    if (!parsed.success) throw corrupt(`its header does not say where "${name}" is`);
    const { dtype, shape, data_offsets } = parsed.data;
    const [first, end] = data_offsets;
    const width = BYTES[dtype];
    if (width === undefined) throw corrupt(`"${name}" is of type ${dtype}; floating-point numbers are read`);
    if (end - first !== width * shape.reduce((a, b) => a * b, 1) || start + end > fileLength)
      throw corrupt(`"${name}" is not where its header says`);
    places.set(name, { type: dtype, shape, offset: start + first, length: end - first });
  }
  refuseOverlaps(places);
  return { metadata: parsed.success ? parsed.data : {}, places };
};

/** Each byte belongs to one tensor: a small file cannot become of any size when it is read. */
const refuseOverlaps = (places: ReadonlyMap<string, TensorPlace>): void => {
  let end = 0;
  for (const [name, { offset, length }] of [...places].sort(([, a], [, b]) => a.offset - b.offset)) {
    if (length > 0 && offset < end) throw corrupt(`"${name}" overlaps another`);
    end = Math.max(end, offset + length);
  }
};

/**
 * Reads all tensors of a safetensors file, as float32.
 *
 * @param longestHeader in bytes
 * @throws AnchorageError `corrupt-file` that says what is wrong
 */
export const readSafetensors = (
  bytes: Uint8Array,
  longestHeader = LONGEST_HEADER,
): { readonly tensors: Tensors; readonly metadata: Readonly<Record<string, string>> } => {
  const { places, metadata: texts } = readSafetensorsHeader(bytes, bytes.length, longestHeader);
  const tensors: Tensors = new Map();
  for (const [name, place] of places)
    tensors.set(name, { shape: place.shape, data: numbersAt(bytes, place) });
  return { tensors, metadata: texts };
};

const numbersAt = (bytes: Uint8Array, { type, offset, length }: TensorPlace): Float32Array => {
  const count = length / (BYTES[type] ?? 1);
  const numbers = new Float32Array(count);
  if (type === "F32") {
    new Uint8Array(numbers.buffer).set(bytes.subarray(offset, offset + length));
    return numbers;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length);
  if (type === "F64") for (let i = 0; i < count; i++) numbers[i] = view.getFloat64(i * 8, true);
  if (type === "F16") {
    const table = float16Table();
    for (let i = 0; i < count; i++) numbers[i] = table[view.getUint16(i * 2, true)] ?? Number.NaN;
  }
  if (type === "BF16") {
    const bits = new Uint32Array(numbers.buffer);
    for (let i = 0; i < count; i++) bits[i] = view.getUint16(i * 2, true) << 16;
  }
  return numbers;
};

const parseJson = (text: string): Record<string, unknown> => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw corrupt("its header is no JSON object", error);
  }
};

const corrupt = (why: string, cause?: unknown): AnchorageError =>
  new AnchorageError(
    "corrupt-file",
    `This is no safetensors file: ${why}.`,
    cause === undefined ? {} : { cause },
  );
