import { describe, expect, test } from "vitest";
import { AnchorageError } from "../../../src/errors.ts";
import { counting, floats, ints, run, scalar, type Constant, type GraphNode } from "./graph-case.ts";
import { parseGraphModel } from "../../../src/features/default-encoders/tfjs/model-file.ts";

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AnchorageError);
  expect(error).toHaveProperty("code", "unsupported-model");
  return (error as AnchorageError).message;
};

describe("a TensorFlow graph that cannot be imported", () => {
  const x = counting(2, 2);

  test.each(["Conv3D", "toString", "constructor", "__proto__"])("names the operator %s", async (op) => {
    expect(await refusal(run(x, { op, input: ["x"] }))).toContain(`node "y" has the operator ${op},`);
  });

  const slicing = { begin: ints(0), end: ints(1), strides: ints(1) };
  const CASES: readonly (readonly [string, Omit<GraphNode, "name">, Record<string, Constant>, RegExp])[] = [
    [
      "a slice backwards",
      { op: "StridedSlice", input: ["x", "begin", "end", "strides"] },
      { ...slicing, strides: ints(-1) },
      /"y" \(StridedSlice\) slices backwards/,
    ],
    [
      "a slice with an ellipsis",
      { op: "StridedSlice", input: ["x", "begin", "end", "strides"], attr: { ellipsis_mask: { i: 1 } } },
      slicing,
      /"y" \(StridedSlice\) slices with an ellipsis/,
    ],
    [
      "a slice of size -1",
      { op: "Slice", input: ["x", "begin", "size"] },
      { begin: ints(0, 0), size: ints(-1, 2) },
      /"y" \(Slice\) slices to the end by size -1/,
    ],
    [
      "a cast to strings",
      { op: "Cast", input: ["x"], attr: { DstT: { type: "DT_STRING" } } },
      {},
      /DT_STRING/,
    ],
    ["a cast to nothing", { op: "Cast", input: ["x"] }, {}, /casts to the type of no name/],
    [
      "a transposed left side",
      { op: "MatMul", input: ["x", "w"], attr: { transpose_a: { b: true } } },
      { w: floats([2, 1], 1, 1) },
      /transpose_a/,
    ],
    [
      "a transposed right side of unknown rank",
      { op: "BatchMatMul", input: ["x", "x"], attr: { adj_y: { b: true } } },
      {},
      /"y" \(BatchMatMul\) transposes input 1, whose rank is not known/,
    ],
    [
      "a wide convolution",
      { op: "Conv2D", input: ["x", "w"] },
      { w: floats([3, 1, 1, 1], 1, 1, 1) },
      /3 x 1/,
    ],
    [
      "a strided convolution",
      { op: "Conv2D", input: ["x", "w"], attr: { strides: { list: { i: [1, 2, 2, 1] } } } },
      { w: floats([1, 1, 1, 1], 1) },
      /"y" \(Conv2D\) has strides other than 1/,
    ],
    [
      "a dilated convolution",
      { op: "Conv2D", input: ["x", "w"], attr: { dilations: { list: { i: [1, 2, 2, 1] } } } },
      { w: floats([1, 1, 1, 1], 1) },
      /dilations other than 1/,
    ],
    [
      "a convolution over channels that come first",
      { op: "Conv2D", input: ["x", "w"], attr: { data_format: { s: "TkNIVw==" } } },
      { w: floats([1, 1, 1, 1], 1) },
      /NCHW/,
    ],
    [
      "a scatter by indices that may repeat",
      { op: "ScatterNd", input: ["at", "updates", "shape"] },
      { at: { shape: [2, 1], dtype: "int32", values: [1, 1] }, updates: floats([2], 5, 6), shape: ints(3) },
      /"y" \(ScatterNd\) scatters by indices that may be the same/,
    ],
    [
      "a gather by batches",
      { op: "GatherV2", input: ["x", "at", "axis"], attr: { batch_dims: { i: 1 } } },
      { at: ints(0), axis: scalar(1) },
      /batches/,
    ],
    ["a squeeze of whatever is 1", { op: "Squeeze", input: ["x"] }, {}, /names no axis/],
    ["axes that are computed", { op: "Mean", input: ["x", "x"] }, {}, /"x" is expected to be a constant/],
    ["an input that is missing", { op: "Add", input: ["x", "z"] }, {}, /no node "z"/],
    ["an output that there is not", { op: "Relu", input: ["x:1"] }, {}, /node "x" has no output 1/],
    ["too few inputs", { op: "Square", input: [] }, {}, /node "y" has no input 0/],
  ];
  test.each(CASES)("tells of %s", async (_, node, constants, message) => {
    expect(await refusal(run(x, node, constants))).toMatch(message);
  });

  test("names the input that is not fed", async () => {
    const before = [{ name: "other", op: "Placeholder" }];
    expect(await refusal(run(x, { op: "Add", input: ["x", "other"] }, {}, { before }))).toContain('"other"');
  });

  test("says where a file is not what TF.js writes", () => {
    const broken: unknown = { modelTopology: { node: [{ name: "x" }] }, weightsManifest: [] };
    expect(() => parseGraphModel(broken)).toThrow(/modelTopology\.node\.0\.op/);
    expect(() => parseGraphModel({})).toThrow(AnchorageError);
  });
});
