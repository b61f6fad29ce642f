import { describe, expect, it } from "vitest";
import { isCheckpoint, readCheckpoint } from "../../../src/features/files/pth/index.ts";
import { archive, checkpoint, floats, op, tensorOp, zip, type StoredTensor } from "./pth-file.ts";

const WEIGHT = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };

/** A state whose model holds one tensor, told in whatever way. */
const oneTensor = (tensor: StoredTensor, bytes = floats(tensor.data)): Uint8Array =>
  archive([...op.proto(), ...op.dict({ model: op.dict({ w: tensorOp("0", tensor) }) }), ...op.stop], {
    "0": bytes,
  });

const read = (bytes: Uint8Array): number[] => [...(readCheckpoint(bytes).get("w")?.data ?? [])];

const pickled = (...pickle: number[]): Uint8Array => archive([...op.proto(), ...pickle, ...op.stop]);

describe("a checkpoint of PyTorch", () => {
  it("gives the tensors under model, by their names and shapes", () => {
    const tensors = readCheckpoint(
      checkpoint({ "connector.0.weight": WEIGHT, "connector.0.bias": { shape: [2], data: [0.5, -0.5] } }),
    );
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
      ["connector.0.weight", [2, 3], WEIGHT.data],
      ["connector.0.bias", [2], [0.5, -0.5]],
    ]);
  });

  it.each([
    ["a transposed view", { ...WEIGHT, shape: [3, 2], strides: [1, 3] }, [1, 4, 2, 5, 3, 6]],
    ["a part of a storage", { ...WEIGHT, shape: [2], offset: 3, strides: [1] }, [4, 5]],
    ["a view of every other column", { ...WEIGHT, shape: [2, 2], strides: [3, 2] }, [1, 3, 4, 6]],
    ["one of three axes", { ...WEIGHT, shape: [3, 1, 2], strides: [1, 9, 3] }, [1, 4, 2, 5, 3, 6]],
    ["one number", { ...WEIGHT, shape: [], strides: [] }, [1]],
    ["none", { ...WEIGHT, shape: [0, 3] }, []],
  ])("is read where a tensor is %s", (_, tensor, expected) => {
    expect(read(oneTensor(tensor))).toEqual(expected);
  });

  it.each([
    ["HalfStorage", [0x00, 0x3c, 0x00, 0xc0]],
    ["BFloat16Storage", [0x80, 0x3f, 0x00, 0xc0]],
    ["DoubleStorage", [...new Uint8Array(Float64Array.of(1, -2).buffer)]],
  ])("is read where numbers are a %s", (type, bytes) => {
    expect(read(oneTensor({ shape: [2], data: [1, -2], type }, Uint8Array.from(bytes)))).toEqual([1, -2]);
  });

  it("may be ordered, keep and recall, and be of a later protocol", () => {
    const ordered = [...op.reduce(op.global("collections", "OrderedDict"), [0x29]), ...op.put(9)];
    const tensor = [...tensorOp("0", { shape: [1], data: [7] }), 0x94];
    const model = [...ordered, ...op.text("w"), ...tensor, 0x73, ...op.text("v"), ...op.get(1), 0x73];
    // What Python keeps beside the items: a state that is set aside.
    const built = [...model, ...op.dict({ _metadata: op.dict({}) }), 0x62];
    const bytes = archive(
      [...op.proto(4), 0x95, 0, 0, 0, 0, 0, 0, 0, 0, ...op.dict({ model: built }), ...op.stop],
      { "0": floats([7]) },
      { "archive/byteorder": Buffer.from("little") },
    );
    expect([...readCheckpoint(bytes).keys()]).toEqual(["w", "v"]);
  });

  it.each([
    ["os.system", op.reduce(op.global("os", "system"), op.tuple(op.text("echo")))],
    ["posix.system", op.reduce(op.global("posix", "system"), op.tuple(op.text("echo")))],
    ["builtins.eval", op.reduce(op.global("builtins", "eval"), op.tuple(op.text("1")))],
    ["builtins.getattr", [...op.text("builtins"), ...op.text("getattr"), 0x93]],
    ["collections.deque", op.global("collections", "deque")],
    ["torch.nn.modules.linear.Linear", op.global("torch.nn.modules.linear", "Linear")],
    ["torch.load", op.global("torch", "load")],
    ["numpy.core.multiarray.scalar", op.global("numpy.core.multiarray", "scalar")],
    ["torch._utils._rebuild_tensor_v3", op.global("torch._utils", "_rebuild_tensor_v3")],
  ])("that asks for %s is refused by that name, wherever it stands", (name, asking) => {
    const bytes = pickled(...op.dict({ model: op.dict({}), config: asking }));
    expect(() => readCheckpoint(bytes)).toThrow(`its pickle asks for "${name}"`);
  });

  it.each([
    ["INST", [0x28, 0x69]],
    ["OBJ", [0x28, 0x6f]],
    ["NEWOBJ", [0x29, 0x81]],
    ["EXT1", [0x82, 1]],
    ["PERSID", [0x50]],
    ["BYTEARRAY8", [0x96]],
    ["STRING", [0x53]],
  ])("is refused for the instruction %s, which builds or names other things", (_, code) => {
    expect(() => readCheckpoint(pickled(...code))).toThrow(
      /its pickle has the instruction 0x[0-9a-f]+, which is not read/,
    );
  });

  it.each([
    [
      "calls a storage",
      op.reduce(op.global("torch", "FloatStorage"), op.tuple(op.int(1))),
      "its pickle calls torch.FloatStorage",
    ],
    ["calls a text", op.reduce(op.text("a"), [0x29]), "calls what is no function"],
    ["gives a state to a list", [0x5d, 0x7d, 0x62], "gives a state to what is no dictionary"],
    ["takes from an empty stack", [0x52], "takes what is not there"],
    ["takes a tuple without its beginning", [0x74], "takes what is not there"],
    ["recalls nothing", op.get(3), "recalls what it did not keep"],
    ["is cut off", [0x58, 255, 255, 255, 255], "ends too early"],
    ["tells a storage wrongly", [...op.tuple(op.text("storage")), 0x51], "one of its storages is malformed"],
    ["has no model", op.dict({ epoch: op.int(1) }), 'it has no dictionary "model"'],
    [
      "has another thing in its model",
      op.dict({ model: op.dict({ a: op.int(1) }) }),
      "something that is no tensor",
    ],
  ])("is refused where its pickle %s", (_, code, why) => {
    expect(() => readCheckpoint(pickled(...code))).toThrow(why);
  });

  it("is refused where its pickle makes one thing after the other out of single bytes", () => {
    const dictionaries = new Array<number>(300_000).fill(0x7d);
    const bytes = archive([...op.proto(), ...dictionaries, ...op.stop]);
    expect(() => readCheckpoint(bytes)).toThrow("more than 250000 instructions");
  });

  it("is refused where it copies one list again and again", () => {
    const pair = op.list(op.text("a"), op.int(1));
    const pairs = [...op.list(...new Array<number[]>(1_000).fill(pair)), ...op.put(0)];
    const copy = op.reduce(op.global("collections", "OrderedDict"), op.tuple(op.get(0)));
    const bytes = pickled(...pairs, ...new Array<number[]>(300).fill(copy).flat());
    expect(() => readCheckpoint(bytes)).toThrow("more than 250000 instructions");
  });

  it("is refused where a text of it is longer than any name", () => {
    const bytes = pickled(...op.dict({ ["a".repeat(70_000)]: op.int(1) }));
    expect(() => readCheckpoint(bytes)).toThrow("its pickle has a text of 70000 bytes");
  });

  it.each([
    ["a view beyond its storage", { ...WEIGHT, shape: [2, 4], strides: [4, 1] }, "reaches beyond"],
    ["an offset beyond it", { ...WEIGHT, shape: [1], strides: [1], offset: 6 }, "reaches beyond"],
    [
      "steps of 0 to any size",
      { ...WEIGHT, shape: [60_000, 60_000], strides: [0, 0] },
      "larger than the file",
    ],
    ["more numbers than there are", { ...WEIGHT, count: 7 }, "not as many as they should be"],
    ["whole numbers", { ...WEIGHT, type: "LongStorage" }, "floating-point numbers are read"],
    ["strides of another shape", { ...WEIGHT, strides: [1] }, "a shape that does not fit its strides"],
  ])("is refused where a tensor is told with %s", (_, tensor, why) => {
    expect(() => readCheckpoint(oneTensor(tensor))).toThrow(why);
  });

  it.each([
    ["compressed entries", zip({ "archive/data.pkl": Uint8Array.of(0x2e) }, { method: 8 }), "is compressed"],
    ["encrypted entries", zip({ "archive/data.pkl": Uint8Array.of(0x2e) }, { flags: 1 }), "is encrypted"],
    ["no state", zip({ "archive/version": Uint8Array.of(0x33) }), "should have one data.pkl"],
    [
      "two states",
      zip({ "a/data.pkl": Uint8Array.of(1), "b/data.pkl": Uint8Array.of(1) }),
      "should have one data.pkl",
    ],
    ["another byte order", archive([], {}, { "archive/byteorder": Buffer.from("big") }), "not little-endian"],
    ["nothing", new Uint8Array(0), "no zip archive"],
    ["a lost end", checkpoint({ w: WEIGHT }).slice(0, -30), "no zip archive"],
    [
      "the form before PyTorch 1.6",
      Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46),
      "before PyTorch 1.6",
    ],
  ])("is refused where the file has %s", (_, bytes, why) => {
    expect(() => readCheckpoint(bytes)).toThrow(why);
  });

  it("is refused, or read, but nothing else comes of it, whatever byte of it is another", () => {
    const whole = checkpoint({ w: WEIGHT });
    for (let at = 0; at < whole.length; at++)
      for (const byte of [0, 0x63, 0xff]) {
        const bytes = whole.slice();
        bytes[at] = byte;
        try {
          readCheckpoint(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "corrupt-file" });
        }
      }
  });

  it("is told from other files by its first bytes", () => {
    expect(isCheckpoint(checkpoint({ w: WEIGHT }))).toBe(true);
    expect(isCheckpoint(Uint8Array.of(0x80, 2, 0x8a))).toBe(true);
    expect(isCheckpoint(new TextEncoder().encode("\x08\0\0\0\0\0\0\0{}"))).toBe(false);
  });
});
