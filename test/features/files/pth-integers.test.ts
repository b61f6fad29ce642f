import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isAnchorageError } from "../../../src/errors.ts";
import { readCheckpoint, readIntegers, readTensor } from "../../../src/features/files/pth/index.ts";
import { archive, floats, op, tensorOp } from "./pth-file.ts";

/** Written by Python: see make.py there. */
const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/asif/${name}`, import.meta.url)));

const pickled = (...code: number[]): Uint8Array => Uint8Array.from([...op.proto(), ...code, ...op.stop]);
const bytes = (content: Uint8Array): number[] => [0x42, ...u32(content.length), ...content];
const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
const carried = (content: Uint8Array): number[] =>
  op.reduce(op.global("torch.storage", "_load_from_bytes"), op.tuple(bytes(content)));
const view = (storage: number[], ...more: readonly number[][]): number[] =>
  op.reduce(
    op.global("torch._utils", "_rebuild_tensor_v2"),
    op.tuple(storage, op.int(0), op.tuple(op.int(1)), op.tuple(op.int(1)), op.false, ...more),
  );

/** A storage as torch.save wrote it before 1.6, each part as given. */
const storage = ({
  magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
  machine = op.dict({ little_endian: [0x88] }),
  type = "LongStorage",
  key = "7",
  count = 1,
}: {
  magic?: number[];
  machine?: number[];
  type?: string;
  key?: string;
  count?: number;
} = {}): Uint8Array => {
  const told = op.tuple(
    op.text("storage"),
    op.global("torch", type),
    op.text("7"),
    op.text("cpu"),
    op.int(1),
  );
  const pickles = [magic, op.int(1001), machine, [...told, 0x51], op.list(op.text(key))];
  const numbers = new Uint8Array(BigInt64Array.of(BigInt(count), 5n).buffer);
  return Uint8Array.from([...pickles.flatMap((code) => [...pickled(...code)]), ...numbers]);
};

describe("whole numbers in a file of PyTorch or of Python", () => {
  it.each(["labels.pkl", "labels-plain.pkl", "labels.pt"])("are read from %s", (name) => {
    expect(readIntegers(fixture(name))).toEqual([0, 1, 0]);
  });

  it("are read from a tensor whose storage the pickle carries", () => {
    expect(readIntegers(pickled(...view(carried(storage()))))).toEqual([5]);
  });

  it.each([
    ["os.system", op.reduce(op.global("os", "system"), op.tuple(op.text("echo")))],
    ["builtins.eval", op.list(op.reduce(op.global("builtins", "eval"), op.tuple(op.text("1"))))],
    ["numpy.core.multiarray._reconstruct", op.global("numpy.core.multiarray", "_reconstruct")],
  ])("are refused with a pickle that asks for %s", (name, code) => {
    expect(() => readIntegers(pickled(...code))).toThrow(`its pickle asks for "${name}"`);
  });

  it("are refused with a storage that carries another one", () => {
    const nested = pickled(...carried(storage()));
    expect(() => readIntegers(pickled(...view(carried(nested))))).toThrow(
      'its pickle asks for "torch.storage._load_from_bytes"',
    );
  });

  it.each([
    ["another magic number", { magic: op.int(1) }, "one of its storages is malformed"],
    ["another byte order", { machine: op.dict({ little_endian: op.false }) }, "not little-endian"],
    ["another key", { key: "8" }, "one of its storages is malformed"],
    ["another count", { count: 2 }, "not as many as they should be"],
    ["fractions", { type: "FloatStorage" }, "a tensor is a FloatStorage; whole numbers are read"],
  ])("are refused with a storage of %s", (_, given, why) => {
    expect(() => readIntegers(pickled(...view(carried(storage(given)))))).toThrow(why);
  });

  it.each([
    ["a text", op.list(op.text("fox"))],
    ["a fraction", op.list([0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0])],
    ["a dictionary", op.dict({ a: op.int(1) })],
  ])("are refused with %s among them", (_, code) => {
    expect(() => readIntegers(pickled(...code))).toThrow("something else than whole numbers");
  });

  it("are refused with a tensor of any size by steps of 0", () => {
    const sizes = [op.tuple(op.int(60_000), op.int(60_000)), op.tuple(op.int(0), op.int(0))];
    const code = op.reduce(
      op.global("torch._utils", "_rebuild_tensor_v2"),
      op.tuple(carried(storage()), op.int(0), ...sizes, op.false),
    );
    expect(() => readIntegers(pickled(...code))).toThrow("larger than the file");
  });

  it("are read or refused, and nothing else, if any byte of the file is another", () => {
    const whole = fixture("labels.pkl");
    for (let at = 0; at < whole.length; at++) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      try {
        expect(readIntegers(damaged).every(Number.isInteger)).toBe(true);
      } catch (error) {
        expect(isAnchorageError(error), String(error)).toBe(true);
      }
    }
  });
});

describe("a checkpoint", () => {
  it("is refused with a storage that its pickle carries", () => {
    const code = [...op.proto(), ...op.dict({ model: op.dict({ w: view(carried(storage())) }) }), ...op.stop];
    expect(() => readCheckpoint(archive(code))).toThrow(
      'its pickle asks for "torch.storage._load_from_bytes"',
    );
  });
});

describe("the tensor of a file", () => {
  it("is read with its shape", () => {
    const { shape, data } = readTensor(fixture("zimgs.pt"));
    expect(shape).toEqual([3, 4]);
    expect([...data]).toEqual([1, 0, 0, 0, 0, 0, 0, 2, 0, 1, Math.fround(0.1), 0]);
  });

  it("is refused if the file holds something else", () => {
    const code = [...op.proto(), ...op.list(tensorOp("0", { shape: [1], data: [1] })), ...op.stop];
    expect(() => readTensor(archive(code, { "0": floats([1]) }))).toThrow("something else than one tensor");
  });
});
