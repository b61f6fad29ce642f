import { describe, expect, test } from "vitest";
import { counting, floats, ints, run, scalar, type Constant } from "./graph-case.ts";

describe("a TensorFlow graph as ONNX", () => {
  const ELEMENTWISE: readonly (readonly [string, (x: number) => number])[] = [
    ["Relu", (x) => Math.max(0, x)],
    ["Tanh", Math.tanh],
    ["Sin", Math.sin],
    ["Cos", Math.cos],
    ["Square", (x) => x * x],
    ["Identity", (x) => x],
  ];
  test.each(ELEMENTWISE)("computes %s of each number", async (op, of) => {
    const values = [-2.5, -1, 0, 0.25, 3];
    const found = await run({ shape: [5], values }, { op, input: ["x"] });
    found.values.forEach((value, i) => expect(value).toBeCloseTo(of(values[i] ?? 0), 5));
  });

  test("computes Rsqrt of each number", async () => {
    const found = await run({ shape: [3], values: [0.25, 1, 16] }, { op: "Rsqrt", input: ["x"] });
    expect(found.values).toEqual([2, 1, 0.25]);
  });

  const PAIRWISE: readonly (readonly [string, (a: number, b: number) => number])[] = [
    ["Add", (a, b) => a + b],
    ["AddV2", (a, b) => a + b],
    ["BiasAdd", (a, b) => a + b],
    ["Sub", (a, b) => a - b],
    ["Mul", (a, b) => a * b],
    ["RealDiv", (a, b) => a / b],
    ["Maximum", Math.max],
  ];
  test.each(PAIRWISE)("computes %s with a row that is repeated", async (op, of) => {
    const found = await run(counting(2, 3), { op, input: ["x", "row"] }, { row: floats([3], 2, -4, 8) });
    expect(found.dims).toEqual([2, 3]);
    expect(found.values).toEqual([0, 1, 2, 3, 4, 5].map((a, i) => of(a, [2, -4, 8][i % 3] ?? 0)));
  });

  test.each([
    ["Less", [1, 0, 0]],
    ["Greater", [0, 0, 1]],
  ])("compares by %s", async (op, expected) => {
    const x = { shape: [3], values: [1, 2, 3] };
    const found = await run(x, { op, input: ["x", "two"] }, { two: floats([], 2) }, { type: "bool" });
    expect(found.values).toEqual(expected);
  });

  test.each([
    ["Mean", [1.5, 5.5, 9.5]],
    ["Sum", [6, 22, 38]],
    ["Max", [3, 7, 11]],
    ["Prod", [0, 840, 7920]],
  ])("reduces by %s, and keeps the axis where it is told to", async (op, expected) => {
    const input = ["x", "axis"];
    const axis = ints(-1);
    const kept = await run(counting(3, 4), { op, input, attr: { keep_dims: { b: true } } }, { axis });
    expect(kept).toEqual({ dims: [3, 1], values: expected });
    expect(await run(counting(3, 4), { op, input }, { axis })).toEqual({ dims: [3], values: expected });
  });

  test("computes Softmax over the last axis", async () => {
    const { values } = await run(
      { shape: [1, 3], values: [0, Math.log(2), 0] },
      { op: "Softmax", input: ["x"] },
    );
    [0.25, 0.5, 0.25].forEach((share, i) => expect(values[i]).toBeCloseTo(share, 6));
  });

  test.each([
    ["by its number", 3],
    ["by its name", "DT_INT32"],
  ])("casts to an integer type that is given %s", async (_, type) => {
    const x = { shape: [3], values: [1.9, -1.9, 7] };
    const node = { op: "Cast", input: ["x"], attr: { DstT: { type } } };
    expect((await run(x, node, {}, { type: "int64" })).values).toEqual([1, -1, 7]);
  });

  test("multiplies matrices, the right one transposed where it is told to, at any rank", async () => {
    const product = await run(
      counting(2, 3),
      { op: "MatMul", input: ["x", "w"] },
      { w: floats([3, 1], 1, 10, 100) },
    );
    expect(product).toEqual({ dims: [2, 1], values: [210, 543] });
    for (const shape of [
      [1, 2, 3],
      [1, 1, 2, 3],
    ]) {
      const right = floats([...shape.slice(0, -2), 1, 3], 1, 10, 100);
      const node = { op: "BatchMatMul", input: ["x", "w"], attr: { adj_y: { b: true } } };
      const found = await run(counting(...shape), node, { w: right });
      expect(found).toEqual({ dims: [...shape.slice(0, -1), 1], values: [210, 543] });
    }
  });

  test("multiplies by a transposed value whose rank a Transpose before it tells", async () => {
    const before = [{ name: "t", op: "Transpose", input: ["x", "perm"] }];
    const node = { op: "BatchMatMul", input: ["x", "t"], attr: { adj_y: { b: true } } };
    const found = await run(counting(1, 2, 2), node, { perm: ints(0, 2, 1) }, { before });
    // [[0, 1], [2, 3]] times itself.
    expect(found).toEqual({ dims: [1, 2, 2], values: [2, 3, 6, 11] });
  });

  test("takes a convolution of one tap as a matrix product over the channels", async () => {
    const node = {
      op: "Conv2D",
      input: ["x", "w"],
      attr: {
        strides: { list: { i: ["1", "1", "1", "1"] } },
        dilations: { list: { i: ["1", "1", "1", "1"] } },
        data_format: { s: [78, 72, 87, 67] },
      },
    };
    const found = await run(counting(1, 2, 1, 2), node, { w: floats([1, 1, 2, 1], 1, 10) });
    expect(found).toEqual({ dims: [1, 2, 1, 1], values: [10, 32] });
  });

  test("concatenates, splits, packs and squeezes along the axes that are named", async () => {
    const row = floats([1, 2], 7, 8);
    const concat = { op: "ConcatV2", input: ["x", "row", "axis"] };
    expect(await run(counting(1, 2), concat, { row, axis: scalar(0) })).toEqual({
      dims: [2, 2],
      values: [0, 1, 7, 8],
    });
    const pack = { op: "Pack", input: ["x", "row"], attr: { axis: { i: "1" } } };
    expect(await run(counting(1, 2), pack, { row })).toEqual({ dims: [1, 2, 2], values: [0, 1, 7, 8] });
    const split = { op: "SplitV", input: ["x", "sizes", "axis"], attr: { num_split: { i: "2" } } };
    const sizes = ints(1, 3);
    expect(await run(counting(2, 4), split, { sizes, axis: scalar(1) }, { output: "y:1" })).toEqual({
      dims: [2, 3],
      values: [1, 2, 3, 5, 6, 7],
    });
    const squeeze = { op: "Squeeze", input: ["x"], attr: { squeeze_dims: { list: { i: ["1"] } } } };
    expect((await run(counting(2, 1, 1), squeeze)).dims).toEqual([2, 1]);
    const expand = { op: "ExpandDims", input: ["x", "axis"] };
    expect((await run(counting(2, 3), expand, { axis: scalar(1) })).dims).toEqual([2, 1, 3]);
  });

  test("reshapes, transposes, and tells its shape", async () => {
    const reshape = { op: "Reshape", input: ["x", "shape"] };
    expect((await run(counting(2, 6), reshape, { shape: ints(3, -1) })).dims).toEqual([3, 4]);
    const transpose = { op: "Transpose", input: ["x", "perm"] };
    expect(await run(counting(2, 2), transpose, { perm: ints(1, 0) })).toEqual({
      dims: [2, 2],
      values: [0, 2, 1, 3],
    });
    const shape = { op: "Shape", input: ["x"] };
    expect((await run(counting(2, 5), shape, {}, { type: "int64" })).values).toEqual([2, 5]);
  });

  test("gathers rows and single numbers", async () => {
    const gather = { op: "GatherV2", input: ["x", "at", "axis"] };
    const chosen = await run(counting(3, 2), gather, { at: ints(2, 0), axis: scalar(0) });
    expect(chosen).toEqual({ dims: [2, 2], values: [4, 5, 0, 1] });
    const at: Constant = { shape: [2, 2], dtype: "int32", values: [0, 1, 2, 0] };
    expect((await run(counting(3, 2), { op: "GatherNd", input: ["x", "at"] }, { at })).values).toEqual([
      1, 4,
    ]);
  });

  test("counts up by Range", async () => {
    const constants = { from: scalar(2), to: scalar(11), step: scalar(4) };
    const found = await run(counting(1), { op: "Range", input: ["from", "to", "step"] }, constants, {
      type: "int64",
    });
    expect(found.values).toEqual([2, 6, 10]);
  });

  describe("slicing with strides", () => {
    const input = ["x", "begin", "end", "strides"];
    const slice = (
      begin: number[],
      end: number[],
      strides: number[],
      attr: Record<string, { i: number }> = {},
    ) =>
      run(
        counting(3, 4),
        { op: "StridedSlice", input, attr },
        { begin: ints(...begin), end: ints(...end), strides: ints(...strides) },
      );

    test("takes what lies from begin to end, every so many", async () => {
      expect(await slice([1, 0], [3, 4], [1, 3])).toEqual({ dims: [2, 2], values: [4, 7, 8, 11] });
    });
    test("counts negative positions from the end", async () => {
      expect(await slice([-2, -3], [-1, 4], [1, 1])).toEqual({ dims: [1, 3], values: [5, 6, 7] });
    });
    test("starts and ends at the edge where a mask says so", async () => {
      const masks = { begin_mask: { i: 1 }, end_mask: { i: 2 } };
      expect(await slice([2, 2], [2, 0], [1, 1], masks)).toEqual({ dims: [2, 2], values: [2, 3, 6, 7] });
    });
    test.each([
      [0, [0, 1, 2, 3]],
      [1, [4, 5, 6, 7]],
      [-1, [8, 9, 10, 11]],
      [-3, [0, 1, 2, 3]],
    ])("drops an axis of which it takes the one at %i", async (at, values) => {
      const masks = { shrink_axis_mask: { i: 1 }, begin_mask: { i: 2 }, end_mask: { i: 2 } };
      expect(await slice([at, 0], [at + 1, 0], [1, 1], masks)).toEqual({ dims: [4], values });
    });
  });

  test("slices by begin and size", async () => {
    const found = await run(
      counting(3, 4),
      { op: "Slice", input: ["x", "begin", "size"] },
      { begin: ints(1, 1), size: ints(2, 2) },
    );
    expect(found).toEqual({ dims: [2, 2], values: [5, 6, 9, 10] });
  });

  test("lists the true positions as rows, and scatters by them", async () => {
    const before = [
      { name: "positive", op: "Greater", input: ["x", "zero"] },
      { name: "where", op: "Where", input: ["positive"] },
    ];
    const zero = floats([], 0);
    const x = { shape: [2, 2], values: [0, 1, 1, 0] };
    const where = { op: "Identity", input: ["where"] };
    expect(await run(x, where, { zero }, { before, type: "int64" })).toEqual({
      dims: [2, 2],
      values: [0, 1, 1, 0],
    });
    const scatter = { op: "ScatterNd", input: ["where", "updates", "shape"] };
    const constants = { zero, updates: floats([2], 5, 6), shape: ints(2, 3) };
    expect(await run(x, scatter, constants, { before })).toEqual({
      dims: [2, 3],
      values: [0, 5, 0, 6, 0, 0],
    });
    const sparse = { op: "SparseToDense", input: ["where", "shape", "updates", "fill"] };
    expect(await run(x, sparse, { ...constants, fill: floats([], -1) }, { before })).toEqual({
      dims: [2, 3],
      values: [-1, 5, -1, 6, -1, -1],
    });
  });

  test("runs nothing for what a node only has to come after", async () => {
    const before = [{ name: "later", op: "NoOp" }];
    expect(
      (await run(counting(2), { op: "Identity", input: ["x", "^later"] }, {}, { before })).values,
    ).toEqual([0, 1]);
  });
});
