/** A field of a protobuf message. */
export interface Field {
  readonly number: number;
  /** Content of a length-delimited field; absent for numeric fields. */
  readonly bytes?: Uint8Array;
  /** Value of a number of variable length; absent for other fields. */
  readonly value?: number;
  /** The whole field, with its tag and length. */
  readonly raw: Uint8Array;
}

/** The fields of one protobuf message, in order. @throws RangeError where the message is cut off or is none */
export function* protobufFields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63) throw new RangeError("a number is cut off");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const number = Math.floor(tag / 8);
    const fixed = FIXED_LENGTHS[tag % 8];
    if (tag % 8 === VARINT) {
      const value = varint();
      yield { number, value, raw: bytes.subarray(start, at) };
      continue;
    }
    if (fixed !== undefined) at += fixed;
    else if (tag % 8 === LENGTH_DELIMITED) {
      const length = varint();
      if (at + length > bytes.length) throw new RangeError("a field is cut off");
      const content = bytes.subarray(at, at + length);
      at += length;
      yield { number, bytes: content, raw: bytes.subarray(start, at) };
      continue;
    } else throw new RangeError(`there is no wire type ${tag % 8}`);
    if (at > bytes.length) throw new RangeError("a field is cut off");
    yield { number, raw: bytes.subarray(start, at) };
  }
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
/** Length in bytes by wire type. */
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
