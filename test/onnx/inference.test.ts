import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createGraph, openInference, type TensorData } from "../../src/onnx/index.ts";
import { temporaryDirectory } from "../support/postgres.ts";

const SIDE = 1_000;

/** Squares a matrix: some milliseconds of work for a large one. */
const squaring = (): Uint8Array => {
  const graph = createGraph("square");
  const x = graph.input("x", "float32", ["n", "n"]);
  graph.output("y", graph.node("MatMul", [x, x]), "float32", ["n", "n"]);
  return graph.toBytes();
};

const matrix = (side: number, value: number): TensorData => ({
  type: "float32",
  data: new Float32Array(side * side).fill(value),
  dims: [side, side],
});

let file: string;

beforeAll(async () => {
  file = join(await temporaryDirectory(), "square.onnx");
  await writeFile(file, squaring());
});

describe("a network on a thread of its own", () => {
  it("names what it takes and gives, and computes", async () => {
    const network = await openInference(file);
    expect(network).toMatchObject({ inputNames: ["x"], outputNames: ["y"] });
    expect(await network.run({ x: matrix(2, 3) }, ["y"])).toMatchObject([
      { type: "float32", dims: [2, 2], data: Float32Array.of(18, 18, 18, 18) },
    ]);
    await network.close();
  });

  it("lets the process do other things while it computes", async () => {
    const network = await openInference(file);
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    const running = network.run({ x: matrix(SIDE, 1) }, ["y"]);
    count();
    await running;
    done = true;
    expect(turns).toBeGreaterThan(10);
    await network.close();
  });

  it("answers in the order in which it was asked, and before it closes", async () => {
    const network = await openInference(file);
    const answers = [1, 2, 3].map((value) => network.run({ x: matrix(2, value) }, ["y"]));
    const closed = network.close();
    const firsts = (await Promise.all(answers)).map(([y]) => (y?.data as Float32Array)[0]);
    expect(firsts).toEqual([2, 8, 18]);
    await closed;
  });

  it("says what is wrong with a file, and with an input", async () => {
    const broken = join(await temporaryDirectory(), "broken.onnx");
    await writeFile(broken, "no network");
    await expect(openInference(broken)).rejects.toThrow(/protobuf/i);
    const network = await openInference(file);
    const vector: TensorData = { type: "float32", data: new Float32Array(2), dims: [2, 1, 1] };
    await expect(network.run({ x: vector }, ["y"])).rejects.toThrow(/rank/i);
    expect(await network.run({ x: matrix(1, 2) }, ["y"])).toMatchObject([{ data: Float32Array.of(4) }]);
    await network.close();
  });
});
