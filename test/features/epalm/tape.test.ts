import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { createTape, type Tape, type Tensor } from "../../../src/features/epalm/tape/index.ts";
import { createGraph } from "../../../src/onnx/index.ts";
import { normals, seededRandom } from "../../support/random.ts";

interface Case {
  readonly name: string;
  /** Shapes of the variables. */
  readonly of: readonly (readonly number[])[];
  readonly make: (tape: Tape, variables: readonly Tensor[]) => Tensor;
}

const NOWHERE: Tensor = { value: "", shape: [], live: false };
const unary =
  (operator: "relu" | "tanh" | "softmax") =>
  (tape: Tape, [a = NOWHERE]: readonly Tensor[]): Tensor =>
    tape[operator](a);

const CASES: readonly Case[] = [
  {
    name: "add",
    of: [
      [2, 3],
      [2, 3],
    ],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.add(a, b),
  },
  {
    name: "add with a row for all",
    of: [[2, 4, 3], [3]],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.add(a, b),
  },
  {
    name: "multiply with a column for all",
    of: [
      [2, 4, 3],
      [4, 1],
    ],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.multiply(a, b),
  },
  { name: "multiply by itself", of: [[5]], make: (t, [a = NOWHERE]) => t.multiply(a, a) },
  { name: "scale", of: [[2, 3]], make: (t, [a = NOWHERE]) => t.scale(a, -2.5) },
  {
    name: "matmul",
    of: [
      [3, 4],
      [4, 2],
    ],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.matmul(a, b),
  },
  {
    name: "matmul of a batch with one matrix",
    of: [
      [2, 3, 4],
      [4, 2],
    ],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.matmul(a, b),
  },
  {
    name: "matmul of two batches",
    of: [
      [2, 2, 3, 4],
      [2, 2, 4, 2],
    ],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.matmul(a, b),
  },
  {
    name: "matmul of a batch with a batch for all",
    of: [
      [2, 2, 3, 4],
      [1, 2, 4, 2],
    ],
    make: (t, [a = NOWHERE, b = NOWHERE]) => t.matmul(a, b),
  },
  { name: "relu", of: [[3, 4]], make: unary("relu") },
  { name: "tanh", of: [[3, 4]], make: unary("tanh") },
  { name: "softmax", of: [[2, 3, 4]], make: unary("softmax") },
  {
    name: "layer normalisation",
    of: [[2, 3, 4], [4], [4]],
    make: (t, [a = NOWHERE, gain = NOWHERE, bias = NOWHERE]) => t.layerNorm(a, gain, bias, 1e-5),
  },
  { name: "transpose", of: [[2, 3, 4]], make: (t, [a = NOWHERE]) => t.transpose(a, [2, 0, 1]) },
  { name: "reshape", of: [[2, 6]], make: (t, [a = NOWHERE]) => t.reshape(a, [2, 3, 2]) },
  {
    name: "concat",
    of: [
      [2, 1, 3],
      [2, 2, 3],
      [2, 4, 3],
    ],
    make: (t, parts) => t.concat(parts, 1),
  },
  { name: "slice from within", of: [[2, 5]], make: (t, [a = NOWHERE]) => t.slice(a, 1, 1, 3) },
  { name: "slice to the end", of: [[2, 5]], make: (t, [a = NOWHERE]) => t.slice(a, 1, 2) },
  {
    name: "gather, with a row taken twice",
    of: [[4, 3]],
    make: (t, [a = NOWHERE]) => t.gather(a, t.graph.ints([2, 2], [3, 1, 1, 0]), [2, 2]),
  },
  {
    name: "cross entropy, with a target left out",
    of: [[2, 3, 5]],
    make: (t, [a = NOWHERE]) => t.crossEntropy(a, t.graph.ints([2, 3], [4, -100, 0, 1, 1, 2])),
  },
  {
    name: "a value that is used twice",
    of: [[3, 3]],
    make: (t, [a = NOWHERE]) => t.matmul(t.tanh(a), t.add(a, t.softmax(a))),
  },
];

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A graph of the operator's result times fixed numbers, so that every element weighs otherwise, and its gradients. */
const open = async ({ of, make }: Case) => {
  const graph = createGraph("gradients");
  const tape = createTape(graph);
  const variables = of.map((shape, i) => tape.variable(graph.input(`x${i}`, "float32", shape), shape));
  const made = make(tape, variables);
  const weights = normals(sizeOf(made.shape.map(Number)), seededRandom(7));
  const weighed = tape.multiply(
    made,
    tape.constant(graph.floats(made.shape.map(Number), weights), made.shape),
  );
  graph.output("y", weighed.value, "float32", made.shape);
  tape.gradients(weighed, variables).forEach((gradient, i) => {
    graph.output(`d${i}`, gradient, "float32", of[i] ?? []);
  });
  return InferenceSession.create(graph.toBytes());
};

describe("the gradient of", () => {
  test.each(CASES)("$name is that of finite differences", async (item) => {
    const session = await open(item);
    const random = seededRandom(3);
    const at = item.of.map((shape) => normals(sizeOf(shape), random));
    const run = async (points: readonly Float32Array[]) =>
      session.run(
        Object.fromEntries(
          points.map((data, i) => [`x${i}`, new OrtTensor("float32", data, item.of[i] ?? [])]),
        ),
      );
    const sum = async (points: readonly Float32Array[]): Promise<number> =>
      ((await run(points)).y?.data as Float32Array).reduce((a, b) => a + b, 0);
    const found = await run(at);
    const h = 1e-2;
    for (const [v, point] of at.entries()) {
      const gradient = found[`d${v}`]?.data as Float32Array;
      expect(gradient).toHaveLength(point.length);
      for (let i = 0; i < point.length; i++) {
        const moved = (by: number): Float32Array[] =>
          at.map((each, j) => (j === v ? each.map((value, k) => (k === i ? value + by : value)) : each));
        // The five-point rule, for float32 allows no small steps.
        const slope =
          (8 * ((await sum(moved(h))) - (await sum(moved(-h)))) -
            ((await sum(moved(2 * h))) - (await sum(moved(-2 * h))))) /
          (12 * h);
        expect(Math.abs((gradient[i] ?? Number.NaN) - slope)).toBeLessThan(
          2e-3 * Math.max(1, Math.abs(slope)),
        );
      }
    }
    await session.release();
  });

  test("a sum of no dependence is zero", async () => {
    const graph = createGraph("none");
    const tape = createTape(graph);
    const x = tape.variable(graph.input("x", "float32", [2]), [2]);
    const y = tape.variable(graph.input("y", "float32", [2]), [2]);
    const [dx = ""] = tape.gradients(tape.relu(y), [x]);
    graph.output("dx", dx, "float32", [2]);
    const session = await InferenceSession.create(graph.toBytes());
    const ones = new OrtTensor("float32", [1, 1], [2]);
    expect([...((await session.run({ x: ones, y: ones })).dx?.data as Float32Array)]).toEqual([0, 0]);
  });
});

describe("a graph with gradients", () => {
  test("serves batches and lengths that are known only when it is run", async () => {
    const graph = createGraph("sizes");
    const tape = createTape(graph);
    const x = tape.variable(graph.input("x", "float32", ["batch", "length", 4]), ["batch", "length", 4]);
    const prefix = tape.variable(graph.input("p", "float32", ["batch", 2, 4]), ["batch", 2, 4]);
    const both = tape.concat([prefix, x], 1);
    expect(both.shape).toEqual(["batch", "2 + length", 4]);
    const heads = tape.transpose(tape.reshape(both, ["batch", "2 + length", 2, 2]), [0, 2, 1, 3]);
    const scores = tape.softmax(tape.matmul(heads, tape.transpose(heads, [0, 1, 3, 2])));
    const mixed = tape.transpose(tape.matmul(scores, heads), [0, 2, 1, 3]);
    const out = tape.slice(tape.reshape(mixed, ["batch", "2 + length", 4]), 1, 2);
    expect(out.shape).toEqual(["batch", "length", 4]);
    const loss = tape.crossEntropy(out, graph.input("t", "int64", ["batch", "length"]));
    graph.output("loss", loss.value, "float32", ["batch"]);
    const [dx = "", dp = ""] = tape.gradients(loss, [x, prefix]);
    graph.output("dx", dx, "float32", ["batch", "length", 4]);
    graph.output("dp", dp, "float32", ["batch", 2, 4]);
    const session = await InferenceSession.create(graph.toBytes());
    for (const [batch, length] of [
      [1, 1],
      [3, 5],
    ] as const) {
      const result = await session.run({
        x: new OrtTensor("float32", normals(batch * length * 4, seededRandom(1)), [batch, length, 4]),
        p: new OrtTensor("float32", normals(batch * 8, seededRandom(2)), [batch, 2, 4]),
        t: new OrtTensor(
          "int64",
          BigInt64Array.from({ length: batch * length }, (_, i) => BigInt(i % 4)),
          [batch, length],
        ),
      });
      expect(result.loss?.dims).toEqual([batch]);
      expect(result.dx?.dims).toEqual([batch, length, 4]);
      expect(result.dp?.dims).toEqual([batch, 2, 4]);
    }
  });
});
