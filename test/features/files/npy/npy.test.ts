import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float16Table } from "../../../../src/math/float16.ts";
import { LABEL_ITEMS, openNpy, VECTOR_ITEMS } from "../../../../src/features/files/npy/index.ts";
import { temporaryDirectory } from "../../../support/postgres.ts";
import { float32, float64, int32, int64, npy } from "../../../support/npy-bytes.ts";

/** As numpy 2.4's `numpy.save` wrote `array([[1.5, -2], [0.25, 65504]], float16)`, byte by byte. */
const BY_NUMPY = Buffer.concat([
  Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 0x01, 0x00, 0x76, 0x00]),
  Buffer.from("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }"),
  Buffer.alloc(58, 0x20),
  Buffer.from([0x0a, 0x00, 0x3e, 0x00, 0xc0, 0x00, 0x34, 0xff, 0x7b]),
]);

const read = async (contents: Uint8Array, items: readonly string[] = VECTOR_ITEMS) => {
  const path = join(await temporaryDirectory(), "a.npy");
  await writeFile(path, contents);
  const array = await openNpy(path, items);
  const count = array.shape.reduce((product, size) => product * size, 1);
  const values = new (items === LABEL_ITEMS ? Int32Array : Float32Array)(count);
  await array.into(values, 0);
  await array.close();
  return { shape: array.shape, values: [...values] };
};

describe("a NumPy file", () => {
  it("is read as NumPy wrote it", async () => {
    expect(BY_NUMPY).toHaveLength(136);
    expect(await read(BY_NUMPY)).toEqual({ shape: [2, 2], values: [1.5, -2, 0.25, 65504] });
  });

  it.each([1, 2, 3])("of format %i.0 is read", async (version) => {
    const bytes = float64([1, 2], [0.5, -3], { version });
    expect(await read(bytes)).toEqual({ shape: [1, 2], values: [0.5, -3] });
  });

  it("holds floats of 16, 32 or 64 bits, and labels of several widths", async () => {
    expect((await read(float32([2, 1], [1.25, 3]))).values).toEqual([1.25, 3]);
    expect((await read(float64([2, 1], [0.1, 3]))).values).toEqual([Math.fround(0.1), 3]);
    expect((await read(int64([3], [0, -1, 2 ** 40]), LABEL_ITEMS)).values).toEqual([0, -1, 2 ** 31 - 1]);
    // None of them wraps round to a label that there is.
    expect((await read(int64([2], [-(2 ** 32), 1 - 2 ** 40]), LABEL_ITEMS)).values).toEqual([
      -(2 ** 31),
      -(2 ** 31),
    ]);
    expect((await read(int32([2], [5, 999]), LABEL_ITEMS)).values).toEqual([5, 999]);
    expect((await read(npy("|u1", [2], Uint8Array.of(0, 255)), LABEL_ITEMS)).values).toEqual([0, 255]);
  });

  it("is longer than what is read at once", async () => {
    const values = Float32Array.from({ length: 5_000_000 }, (_, i) => i % 1_000);
    const bytes = npy("<f4", [5_000, 1_000], new Uint8Array(values.buffer));
    const found = await read(bytes);
    expect(found.values.length).toBe(5_000_000);
    expect(found.values.findIndex((value, i) => value !== i % 1_000)).toBe(-1);
  });

  it.each([
    [
      "in Fortran order",
      npy("<f4", [2, 2], new Uint8Array(16), { fortran: true }),
      /a\.npy is in Fortran order/,
    ],
    [
      "of another type",
      npy("<i8", [1, 1], new Uint8Array(8)),
      /holds int64; float32, float64, float16 are read here/,
    ],
    ["of the other end first", npy(">f4", [1, 1], new Uint8Array(4)), /holds big-endian float32/],
    ["of Python objects", npy("|O", [1], new Uint8Array(8)), /holds Python objects/],
    ["of text", npy("<U5", [1], new Uint8Array(20)), /holds items of type '<U5'/],
    [
      "that is cut off",
      float32([4, 4], [1, 2, 3]),
      /a\.npy is cut off: 140 bytes, and its header promises 192/,
    ],
    ["that ends within its header", float32([1, 1], [1]).subarray(0, 60), /cut off within its header/],
    ["that is none", Buffer.from("PK\x03\x04 and so on, a zip file"), /a\.npy: is no \.npy file/],
    ["that is empty", Buffer.alloc(0), /is no \.npy file/],
    ["of a format to come", npy("<f4", [1, 1], new Uint8Array(4), { version: 4 }), /is of \.npy format 4/],
  ])("%s is refused by its name", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it("of one dimension has one order", async () => {
    const bytes = npy("<f4", [2], new Uint8Array(Float32Array.of(1, 2).buffer), { fortran: true });
    expect((await read(bytes)).values).toEqual([1, 2]);
  });

  it("that is not there is told by its name", async () => {
    await expect(openNpy("/nowhere/a.npy", VECTOR_ITEMS)).rejects.toThrow(/\/nowhere\/a\.npy cannot be read/);
  });
});

describe("half precision", () => {
  it("keeps the known corners of IEEE 754's binary16", () => {
    const at = (bits: number): number => float16Table()[bits] ?? NaN;
    expect([0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555].map(at)).toEqual([
      0,
      1,
      -2,
      65504,
      2 ** -24,
      2 ** -14,
      Math.fround(0.333251953125),
    ]);
    expect([at(0x7c00), at(0xfc00)]).toEqual([Infinity, -Infinity]);
    expect(at(0x7e00)).toBeNaN();
    expect(Object.is(at(0x8000), -0)).toBe(true);
  });

  it("grows with its bits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), (bits) => {
        const table = float16Table();
        expect(table[bits + 1]).toBeGreaterThan(table[bits] ?? NaN);
        expect(table[bits | 0x8000]).toBe(-(table[bits] ?? NaN));
      }),
    );
  });
});
