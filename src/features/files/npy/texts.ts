import { AnchorageError } from "../../../errors.ts";
import { readHeader } from "./header.ts";
import { LABEL_ITEMS, npyInMemory } from "./open.ts";

/** Bytes of a character in NumPy's `U`. */
const CHARACTER_BYTES = 4;

/**
 * The texts in the bytes of a `.npy` file of shape `[n]`: NumPy's `U` and `S`, or whole numbers as their digits.
 *
 * @param path for error messages
 * @throws AnchorageError `invalid-input` where it holds something else, `corrupt-file` where it is cut off
 */
export const npyTexts = async (bytes: Uint8Array, path: string): Promise<readonly string[]> => {
  const read = async (target: Uint8Array, at: number, length: number, position: number) => {
    const part = bytes.subarray(position, position + length);
    target.set(part, at);
    return Promise.resolve({ bytesRead: part.length });
  };
  const { descr, shape, offset } = await readHeader({ read }, path);
  const [count = 1, ...others] = shape;
  if (others.some((size) => size !== 1))
    throw new AnchorageError(
      "invalid-input",
      `${path} has shape (${shape.join(", ")}); one text a row is needed`,
    );
  const [, kind, digits = ""] = /^[<|]([US])(\d+)$/.exec(descr) ?? [];
  if (kind === undefined) {
    const array = await npyInMemory(bytes, path, LABEL_ITEMS);
    const numbers = new Int32Array(count);
    await array.into(numbers, 0);
    return Array.from(numbers, String);
  }
  const width = Number(digits) * (kind === "U" ? CHARACTER_BYTES : 1);
  if (bytes.length < offset + count * width) throw new AnchorageError("corrupt-file", `${path} is cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * width);
  return Array.from({ length: count }, (_, row) => {
    if (kind === "S")
      return new TextDecoder()
        .decode(bytes.subarray(offset + row * width, offset + (row + 1) * width))
        .replace(/\0+$/, "");
    let text = "";
    for (let at = row * width; at < (row + 1) * width; at += CHARACTER_BYTES) {
      const code = view.getUint32(at, true);
      if (code === 0) break;
      text += String.fromCodePoint(code);
    }
    return text;
  });
};
