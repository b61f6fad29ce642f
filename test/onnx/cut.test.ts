import { describe, expect, it } from "vitest";
import { createGraph, cutModel } from "../../src/onnx/index.ts";

/** `a = x + 1`, `b = a * w`, both of them outputs. */
const model = (): Uint8Array => {
  const graph = createGraph("two");
  const x = graph.input("x", "float32", ["n", 2]);
  const a = graph.node("Add", [x, graph.floats([2], [1, 1])]);
  const b = graph.node("Mul", [a, graph.floats([2], [7.5, 7.5])]);
  graph.output("a", a, "float32", ["n", 2]);
  graph.output("b", b, "float32", ["n", 2]);
  return graph.toBytes();
};

describe("a model that is cut", () => {
  it("keeps nothing that its outputs do not need", async () => {
    const { InferenceSession, Tensor } = await import("onnxruntime-node");
    const session = await InferenceSession.create(cutModel(model(), ["a"]));
    expect(session.outputNames).toEqual(["a"]);
    const { a } = await session.run({ x: new Tensor("float32", [1, 2], [1, 2]) });
    expect(Array.from(a?.data ?? [], Number)).toEqual([2, 3]);
    await session.release();
    const weight = Buffer.from(Float32Array.of(7.5, 7.5).buffer);
    expect(Buffer.from(model()).includes(weight)).toBe(true);
    expect(Buffer.from(cutModel(model(), ["a"])).includes(weight)).toBe(false);
  });

  it("is the same model where all outputs are kept", () => {
    expect(Buffer.compare(cutModel(model(), ["a", "b"]), model())).toBe(0);
  });

  it("is refused where it has no such output, or is none", () => {
    expect(() => cutModel(model(), ["c"])).toThrow("the model has no output c");
    expect(() => cutModel(Uint8Array.of(0x3a, 9, 1), ["a"])).toThrow("a field is cut off");
  });
});
