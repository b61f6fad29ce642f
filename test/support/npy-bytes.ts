/** A `.npy` file written by hand, as numpy.lib.format describes it. */
export const npy = (
  descr: string,
  shape: readonly number[],
  items: Uint8Array,
  { version = 1, fortran = false } = {},
): Buffer => {
  const sizes = shape.length === 1 ? `${shape[0] ?? 0},` : shape.join(", ");
  const fields = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${sizes}), }`;
  const before = version === 1 ? 10 : 12;
  const length = Math.ceil((before + fields.length + 1) / 64) * 64 - before;
  const header = Buffer.from(`${fields.padEnd(length - 1)}\n`);
  const start = Buffer.alloc(before);
  start.write("\x93NUMPY", "latin1");
  start[6] = version;
  if (version === 1) start.writeUInt16LE(length, 8);
  else start.writeUInt32LE(length, 8);
  return Buffer.concat([start, header, items]);
};

const bytesOf = (items: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(items.buffer);

export const float32 = (shape: readonly number[], values: readonly number[]): Buffer =>
  npy("<f4", shape, bytesOf(Float32Array.from(values)));

export const float64 = (shape: readonly number[], values: readonly number[], more = {}): Buffer =>
  npy("<f8", shape, bytesOf(Float64Array.from(values)), more);

export const int64 = (shape: readonly number[], values: readonly number[]): Buffer =>
  npy("<i8", shape, bytesOf(BigInt64Array.from(values.map(BigInt))));

export const int32 = (shape: readonly number[], values: readonly number[]): Buffer =>
  npy("<i4", shape, bytesOf(Int32Array.from(values)));
