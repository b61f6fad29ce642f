const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
/** The numbers after the header start at a multiple of this (NumPy's format.py, ARRAY_ALIGN). */
const ALIGNMENT = 64;

/** The beginning of a NumPy file (version 1.0) of float32 numbers of `shape`, little-endian in C order, which follow it. */
export const npyHeader = (shape: readonly number[]): Uint8Array => {
  const sizes = shape.length === 1 ? `${shape[0] ?? 0},` : shape.join(", ");
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const whole = Math.ceil((MAGIC.length + 2 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const length = whole - MAGIC.length - 2;
  const bytes = new Uint8Array(whole);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(MAGIC.length, length, true);
  bytes.set(Buffer.from(`${text.padEnd(length - 1)}\n`, "latin1"), MAGIC.length + 2);
  return bytes;
};
