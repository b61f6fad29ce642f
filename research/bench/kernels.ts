import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import { createGraph, type ElementType } from "../../src/onnx/index.ts";
import { createRandom } from "../../src/math/random.ts";
import { median } from "../../src/math/statistics.ts";

/** What one product of all rows with a batch of queries takes, by layout, type of number and threads. */

const CASE_MS = 1_000;
const MIN_RUNS = 5;
/** Of unit vectors of many dimensions hardly a number is above this. */
const INT8_RANGE = 0.25;

interface Kernel {
  readonly name: string;
  readonly model: Uint8Array;
  /** Bytes that a number of the rows takes. */
  readonly bytes: number;
  readonly feeds: (rows: Tensor, queries: Float32Array, d: number) => Record<string, Tensor>;
  readonly rows: (rows: Float32Array, d: number) => Tensor;
}

const floats = (data: Float32Array, d: number): Tensor => new Tensor("float32", data, [data.length / d, d]);

/** The scores alone, without the choice of the best, which is the same for all. */
const floatKernel = (name: string, rowsLeft: boolean, operator: "Gemm" | "MatMul"): Kernel => {
  const graph = createGraph("kernel");
  const rows = graph.input("rows", "float32", ["n", "d"]);
  const queries = graph.input("queries", "float32", operator === "Gemm" ? ["b", "d"] : ["d", "b"]);
  const operands = rowsLeft ? [rows, queries] : [queries, rows];
  const scores = graph.node(operator, operands, operator === "Gemm" ? { transB: { int: 1 } } : {});
  graph.output("scores", scores, "float32", ["i", "j"]);
  return {
    name,
    model: graph.toBytes(),
    bytes: 4,
    rows: floats,
    feeds: (stored, asked, d) => ({
      rows: stored,
      queries: operator === "Gemm" ? floats(asked, d) : transposed(asked, d),
    }),
  };
};

const transposed = (queries: Float32Array, d: number): Tensor => {
  const b = queries.length / d;
  const turned = new Float32Array(queries.length);
  for (let i = 0; i < b; i++) for (let j = 0; j < d; j++) turned[j * b + i] = queries[i * d + j] ?? 0;
  return new Tensor("float32", turned, [d, b]);
};

const halfKernel = (): Kernel => {
  const graph = createGraph("kernel");
  const rows = graph.input("rows", "float16", ["n", "d"]);
  const queries = graph.input("queries", "float16", ["b", "d"]);
  graph.output("scores", graph.node("Gemm", [rows, queries], { transB: { int: 1 } }), "float16", ["n", "b"]);
  const halves = (data: Float32Array, d: number): Tensor =>
    new Tensor("float16", Uint16Array.from(data, halfBits), [data.length / d, d]);
  return {
    name: "Gemm, float16",
    model: graph.toBytes(),
    bytes: 2,
    rows: halves,
    feeds: (stored, asked, d) => ({ rows: stored, queries: halves(asked, d) }),
  };
};

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Of numbers below 1; those too small for float16's normal range become 0. */
const halfBits = (value: number): number => {
  single[0] = value;
  const bits = singleBits[0] ?? 0;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
};

const integerKernel = (type: Extract<ElementType, "uint8" | "int8">): Kernel => {
  const graph = createGraph("kernel");
  const rows = graph.input("rows", "uint8", ["n", "d"]);
  const queries = graph.input("queries", type, ["d", "b"]);
  const zero = graph.input("zero", "uint8", []);
  const operands = type === "uint8" ? [rows, queries, zero, zero] : [rows, queries, zero];
  graph.output("scores", graph.node("MatMulInteger", operands), "int32", ["n", "b"]);
  const quantized = (value: number): number =>
    Math.max(-127, Math.min(127, Math.round((value / INT8_RANGE) * 127)));
  const asked = (queriesOf: Float32Array, d: number): Tensor => {
    const { data, dims } = transposed(queriesOf, d);
    return type === "uint8"
      ? new Tensor(
          "uint8",
          Uint8Array.from(data as Float32Array, (x) => quantized(x) + 128),
          dims,
        )
      : new Tensor("int8", Int8Array.from(data as Float32Array, quantized), dims);
  };
  return {
    name: `MatMulInteger, uint8 x ${type}`,
    model: graph.toBytes(),
    bytes: 1,
    rows: (data, d) =>
      new Tensor(
        "uint8",
        Uint8Array.from(data, (x) => quantized(x) + 128),
        [data.length / d, d],
      ),
    feeds: (stored, queriesOf, d) => ({
      rows: stored,
      queries: asked(queriesOf, d),
      zero: new Tensor("uint8", Uint8Array.of(128), []),
    }),
  };
};

const KERNELS: readonly Kernel[] = [
  floatKernel("Gemm, rows left (in use)", true, "Gemm"),
  floatKernel("Gemm, rows right", false, "Gemm"),
  floatKernel("MatMul, rows left", true, "MatMul"),
  halfKernel(),
  integerKernel("uint8"),
  integerKernel("int8"),
];

const unitVectors = (count: number, d: number): Float32Array => {
  const random = createRandom(1);
  const scale = Math.sqrt(3 / d);
  return Float32Array.from({ length: count * d }, () => (2 * random.next() - 1) * scale);
};

const medianMs = async (run: () => Promise<unknown>): Promise<number> => {
  await run();
  const times: number[] = [];
  const until = performance.now() + CASE_MS;
  while (times.length < MIN_RUNS || performance.now() < until) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
};

await runScript({
  name: "bench:kernels",
  synopsis: "[options]",
  about:
    "Times the products that exact search could be made of, over the same rows: layouts, types of number, threads. " +
    "Milliseconds are medians of one product of all rows with a batch of queries; the ratio is with the one in use.",
  options: {
    n: { type: "string", value: "N", help: "Rows.", default: "50000" },
    d: { type: "string", value: "D", help: "Dimension.", default: "512" },
    threads: { type: "string", multiple: true, value: "T", help: "May be given several times [1, 2]." },
  },
  examples: ["--n 20000 --threads 4"],
  schema: z.strictObject({
    arguments: noArguments,
    n: wholeNumber(1_000, 2_000_000),
    d: wholeNumber(8, 8_192),
    threads: z.array(requiredText.pipe(wholeNumber(1, 256))).default([1, 2]),
  }),
  run: async ({ n, d, threads }, { signal, note }) => {
    const vectors = unitVectors(n, d);
    const table: object[] = [];
    for (const count of threads) {
      const base = new Map<number, number>();
      for (const kernel of KERNELS) {
        signal.throwIfAborted();
        const options = { intraOpNumThreads: count, logSeverityLevel: 3 } as const;
        let session: InferenceSession;
        try {
          session = await InferenceSession.create(kernel.model, options);
        } catch {
          note(`${kernel.name}: ONNX Runtime has no such kernel here`);
          continue;
        }
        const rows = kernel.name.startsWith("MatMul,") ? floats(vectors, d) : kernel.rows(vectors, d);
        const line: Record<string, number | string> = { threads: count, kernel: kernel.name };
        for (const batch of [1, 8, 64]) {
          const feeds = kernel.feeds(rows, vectors.slice(0, batch * d), d);
          const ms = await medianMs(() => session.run(feeds));
          if (!base.has(batch)) base.set(batch, ms);
          line[`b=${batch} ms`] = Number(ms.toFixed(2));
          line[`b=${batch} ratio`] = Number(((base.get(batch) ?? NaN) / ms).toFixed(2));
        }
        table.push({ ...line, "of float32's memory": kernel.bytes / 4 });
        await session.release();
      }
    }
    console.table(table);
    return EXIT.done;
  },
});
