/** Writes the part of the protobuf wire format that ONNX needs: varints, 32-bit floats and length-delimited fields. */
export interface MessageWriter {
  /** An integer field. Negative numbers take ten bytes, as for int64. */
  readonly int: (field: number, value: number) => void;
  readonly float: (field: number, value: number) => void;
  readonly bytes: (field: number, value: Uint8Array) => void;
  readonly string: (field: number, value: string) => void;
  readonly message: (field: number, write: (writer: MessageWriter) => void) => void;
  /** Repeated numbers, packed. */
  readonly packedInts: (field: number, values: readonly number[]) => void;
  readonly packedFloats: (field: number, values: readonly number[]) => void;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** Serialises one message. Large byte fields are held by reference and copied once, at the end. */
export const writeMessage = (write: (writer: MessageWriter) => void): Uint8Array => {
  const chunks = collect(write);
  const result = new Uint8Array(lengthOf(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    result.set(chunk, offset);
    offset += chunk.length;
  }
  return result;
};

const collect = (write: (writer: MessageWriter) => void): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  const tag = (field: number, wireType: number): void => {
    chunks.push(varint(field * 8 + wireType));
  };
  const delimited = (field: number, parts: readonly Uint8Array[]): void => {
    tag(field, LENGTH_DELIMITED);
    chunks.push(varint(lengthOf(parts)));
    // Push one by one: spreading the parts of a large graph into one call would overflow the stack.
    for (const part of parts) chunks.push(part);
  };
  write({
    int: (field, value) => {
      tag(field, VARINT);
      chunks.push(varint(value));
    },
    float: (field, value) => {
      tag(field, FIXED_32);
      chunks.push(float32(value));
    },
    bytes: (field, value) => delimited(field, [value]),
    string: (field, value) => delimited(field, [new TextEncoder().encode(value)]),
    message: (field, inner) => delimited(field, collect(inner)),
    packedInts: (field, values) => delimited(field, values.map(varint)),
    packedFloats: (field, values) => delimited(field, values.map(float32)),
  });
  return chunks;
};

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.length, 0);

const varint = (value: number): Uint8Array => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer that a varint can hold`);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
};

const float32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
};
