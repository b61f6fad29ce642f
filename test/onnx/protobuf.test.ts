import { InferenceSession, Tensor } from "onnxruntime-node";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGraph, type Value } from "../../src/onnx/index.ts";
import { runGraph } from "./run-graph.ts";

/** Reads one message as protobuf defines it: each field's number with its varint, four bytes, or bytes. */
const readFields = (bytes: Uint8Array): Map<number, (bigint | Uint8Array)[]> => {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  const read = new Map<number, () => bigint | Uint8Array>([
    [0, varint],
    [2, () => take(Number(varint()))],
    [5, () => take(4)],
  ]);
  while (at < bytes.length) {
    const tag = Number(varint());
    const value = read.get(tag & 7)?.();
    if (value === undefined) throw new Error(`wire type ${tag & 7} is not written`);
    const known = fields.get(tag >> 3);
    if (known === undefined) fields.set(tag >> 3, [value]);
    else known.push(value);
  }
  return fields;
};

const inner = (fields: Map<number, (bigint | Uint8Array)[]>, field: number): Uint8Array[] =>
  (fields.get(field) ?? []).filter((value) => typeof value !== "bigint");

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

describe("an ONNX file", () => {
  test("says its version, producer, operator set and name as the format has them", () => {
    const graph = createGraph("née");
    graph.output("y", graph.floats([1], [1]), "float32", [1]);
    const model = readFields(graph.toBytes());
    expect(model.get(1)).toEqual([8n]);
    expect(inner(model, 2).map(String)).toEqual([String(new TextEncoder().encode("anchorage"))]);
    const [opset = new Uint8Array()] = inner(model, 8);
    expect(readFields(opset).get(2)).toEqual([17n]);
    const [body = new Uint8Array()] = inner(model, 7);
    expect(inner(readFields(body), 2)).toEqual([new TextEncoder().encode("née")]);
  });

  test("carries integers of every size, negative ones too", async () => {
    const integers = [
      0,
      1,
      -1,
      127,
      128,
      16_383,
      16_384,
      2 ** 31,
      -(2 ** 31),
      2 ** 40,
      Number.MAX_SAFE_INTEGER,
    ];
    const found = await runGraph({}, (graph) => ({
      tensor: ["int64", graph.ints([integers.length], integers)],
      attribute: ["int64", graph.node("Constant", [], { value_ints: { ints: integers } })],
      shaped: graph.node("ConstantOfShape", [graph.ints([2], [130, 1])]),
    }));
    expect(found.tensor?.data).toEqual(BigInt64Array.from(integers, BigInt));
    expect(found.attribute?.data).toEqual(BigInt64Array.from(integers, BigInt));
    expect(found.shaped?.dims).toEqual([130, 1]);
  });

  test("writes an integer attribute as the ten bytes of its two's complement where it is negative", () => {
    const written = (value: number): bigint | undefined => {
      const graph = createGraph("g");
      graph.output("y", graph.node("Any", [], { axis: { int: value } }), "float32", []);
      const [body = new Uint8Array()] = inner(readFields(graph.toBytes()), 7);
      const [node = new Uint8Array()] = inner(readFields(body), 1);
      const [attribute = new Uint8Array()] = inner(readFields(node), 5);
      const [number] = readFields(attribute).get(3) ?? [];
      return typeof number === "bigint" ? BigInt.asIntN(64, number) : undefined;
    };
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written(value)).toBe(BigInt(value));
      }),
    );
    expect(() => written(0.5)).toThrow(RangeError);
    expect(() => written(2 ** 53)).toThrow(RangeError);
  });

  test("carries float attributes to the last bit of float32", async () => {
    const floats = [0.1, -1e-30, 3e38, 1 / 3];
    const { list, slope } = await runGraph({}, (graph) => ({
      list: graph.node("Constant", [], { value_floats: { floats } }),
      slope: graph.node("LeakyRelu", [graph.floats([1], [-1])], { alpha: { float: 0.1 } }),
    }));
    expect(list?.data).toEqual(Float32Array.from(floats));
    expect(slope?.data).toEqual(Float32Array.of(-0.1));
  });

  test("carries tensors of any values, to the last bit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.float32Array({ minLength: 1, maxLength: 300 }), async (values) => {
        const { y } = await runGraph({}, (graph) => ({ y: graph.floats([values.length], values) }));
        // A NaN is a NaN whatever its bits.
        expect(Array.from(y?.data as Float32Array)).toEqual(Array.from(values));
      }),
      { numRuns: 30 },
    );
  });

  test("carries a tensor of sixteen megabytes", async () => {
    const count = 4_194_304;
    const values = Float32Array.from({ length: count }, (_, i) => i % 8191);
    const { y } = await runGraph({}, (graph) => ({ y: graph.floats([2, count / 2], values) }));
    expect(y?.dims).toEqual([2, count / 2]);
    expect(Buffer.compare(bytesOf(y?.data as Float32Array), bytesOf(values))).toBe(0);
  });

  test("holds thirty thousand nodes", () => {
    const graph = createGraph("long");
    let value: Value = graph.input("x", "float32", [1]);
    for (let i = 0; i < 30_000; i++) value = graph.node("Neg", [value]);
    graph.output("y", value, "float32", [1]);
    const [body = new Uint8Array()] = inner(readFields(graph.toBytes()), 7);
    // One more for the output's name.
    expect(inner(readFields(body), 1)).toHaveLength(30_001);
  });

  test("leaves out the constants that no node uses", () => {
    const size = (unused: number): number => {
      const graph = createGraph("g");
      graph.floats([unused], new Float32Array(unused));
      graph.output("y", graph.floats([1], [1]), "float32", [1]);
      return graph.toBytes().length;
    };
    expect(size(10_000)).toBe(size(1));
  });

  test("declares inputs of every type, with sizes that are known and sizes that are not", async () => {
    const graph = createGraph("types");
    const types = ["float32", "int32", "int64", "bool", "uint8"] as const;
    for (const type of types) {
      const input = graph.input(`${type}_in`, type, ["n", 2]);
      graph.output(`${type}_out`, input, type, ["n", 2]);
    }
    const session = await InferenceSession.create(graph.toBytes());
    const feeds = {
      float32_in: new Tensor("float32", Float32Array.of(1, 2), [1, 2]),
      int32_in: new Tensor("int32", Int32Array.of(3, 4), [1, 2]),
      int64_in: new Tensor("int64", BigInt64Array.of(5n, 6n), [1, 2]),
      bool_in: new Tensor("bool", Uint8Array.of(1, 0), [1, 2]),
      uint8_in: new Tensor("uint8", Uint8Array.of(7, 8), [1, 2]),
    };
    const outputs = await session.run(feeds);
    for (const [name, { data }] of Object.entries(feeds)) {
      expect(Array.from(outputs[name.replace("_in", "_out")]?.data ?? [], Number)).toEqual(
        Array.from(data, Number),
      );
    }
    await expect(
      session.run({ ...feeds, float32_in: new Tensor("float32", new Float32Array(3), [1, 3]) }),
    ).rejects.toThrow();
    await session.release();
  });
});
