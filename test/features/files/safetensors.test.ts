import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  readSafetensors,
  readSafetensorsHeader,
  writeSafetensors,
} from "../../../src/features/files/safetensors/index.ts";
import type { Tensors } from "../../../src/math/tensors.ts";

const TENSORS: Tensors = new Map([
  ["b", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["a", { shape: [], data: Float32Array.of(-0.5) }],
  ["none", { shape: [0, 4], data: new Float32Array(0) }],
]);

/** A file of the format, written by its definition: length, JSON, bytes. */
const fileOf = (header: unknown, data: Uint8Array): Uint8Array => {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
};

const single = (dtype: string, bytes: Uint8Array, shape: number[]) =>
  fileOf({ x: { dtype, shape, data_offsets: [0, bytes.length] } }, bytes);

describe("a safetensors file", () => {
  test("gives back what was written, with what was told", () => {
    const { tensors, metadata } = readSafetensors(writeSafetensors(TENSORS, { made: "here" }));
    expect(new Map([...tensors].sort())).toEqual(new Map([...TENSORS].sort()));
    expect(metadata).toEqual({ made: "here" });
  });

  test("is the same for the same tensors in whatever order", () => {
    expect(writeSafetensors(new Map([...TENSORS].reverse()))).toEqual(writeSafetensors(TENSORS));
  });

  test("says where numbers are, at places that can be mapped", () => {
    const bytes = writeSafetensors(TENSORS);
    const place = readSafetensorsHeader(bytes, bytes.length).places.get("b");
    expect(place).toMatchObject({ type: "F32", shape: [2, 3], length: 24 });
    const offset = place?.offset ?? 0;
    expect(offset % 4).toBe(0);
    expect([...new Float32Array(bytes.slice(offset, offset + 24).buffer)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("of halves is read as they are meant", () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000);
    const read = readSafetensors(single("F16", new Uint8Array(halves.buffer), [6])).tensors.get("x");
    expect([...(read?.data ?? [])]).toEqual([1, -2, 0.333251953125, 2 ** -24, 65504, -0]);
    const brains = Uint16Array.of(0x3f80, 0xc049);
    const other = readSafetensors(single("BF16", new Uint8Array(brains.buffer), [2])).tensors.get("x");
    expect([...(other?.data ?? [])]).toEqual([1, -3.140625]);
    const doubles = Float64Array.of(0.5, -1e300);
    const long = readSafetensors(single("F64", new Uint8Array(doubles.buffer), [2])).tensors.get("x");
    expect([...(long?.data ?? [])]).toEqual([0.5, -Infinity]);
  });

  test.each([
    ["that is empty", new Uint8Array(0), "shorter than its own header"],
    ["that is cut off", writeSafetensors(TENSORS).subarray(0, -1), "is not where its header says"],
    ["whose header is too long", fileOf({}, new Uint8Array(0)).fill(255, 0, 7), "header should be"],
    ["without JSON", fileOf("{", new Uint8Array(0)), "header is no JSON object"],
    ["with a list", fileOf("[]", new Uint8Array(0)), "header is no JSON object"],
    ["of whole numbers", single("I64", new Uint8Array(8), [1]), '"x" is of type I64'],
    ["of another size", single("F32", new Uint8Array(8), [3]), '"x" is not where its header says'],
    [
      "whose tensors share their bytes",
      fileOf(
        Object.fromEntries(
          ["x", "y"].map((name) => [name, { dtype: "F32", shape: [2], data_offsets: [0, 8] }]),
        ),
        new Uint8Array(8),
      ),
      '"y" overlaps another',
    ],
    ["without offsets", fileOf({ x: {} }, new Uint8Array(0)), 'does not say where "x" is'],
  ])("%s is refused with the reason", (_, bytes, why) => {
    expect(() => readSafetensors(bytes)).toThrow(why);
  });

  test("of a longer header than is wanted is not read", () => {
    expect(() => readSafetensors(writeSafetensors(TENSORS), 100)).toThrow("header should be");
  });

  test("that is anything else is never taken for one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readSafetensors(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "corrupt-file" });
        }
      }),
    );
  });
});
