import { setFlagsFromString } from "node:v8";
import { batchModule, rescoreModule } from "./float-kernels.ts";
import { scanModule } from "./scan-kernels.ts";

/** The kernels that read codes in a segment's memory; all arguments but thresholds are addresses or counts. */
export interface ScanKernels {
  /** How these kernels read a query, see `writeQuery`. */
  readonly relaxed: boolean;
  /**
   * Scores rows that follow one another and appends the pairs (position, score) of those that reach `threshold` to a region,
   * whose first int32 is the address of the next pair.
   *
   * @param rows a multiple of 4
   * @param first position of the first row
   * @param limit end of the region
   * @returns rows done: fewer where the region is full
   */
  readonly scan: (
    codes: number,
    scales: number,
    rows: number,
    first: number,
    query: number,
    region: number,
    limit: number,
    threshold: number,
  ) => number;
  /** As `scan`, but of the rows at a list of positions in a segment whose first extent begins at `base`. */
  readonly scanList: (
    base: number,
    positions: number,
    rows: number,
    query: number,
    region: number,
    limit: number,
    threshold: number,
  ) => number;
}

/** The kernel that scores rows in float32. */
export interface FloatKernels {
  /** Writes the inner products of the rows at `addresses` with the query; `floats` is a multiple of 16. */
  readonly dots: (addresses: number, rows: number, query: number, floats: number, scores: number) => number;
}

/** The kernels for products of ONNX Runtime, `[rows, columns]` int32. */
export interface BatchKernels extends FloatKernels {
  /**
   * Appends to each query's region the pairs (position, score) whose score `scale * product` reaches its threshold.
   *
   * @param queries columns, a multiple of 4
   * @param next int32 addresses of each query's next pair
   * @param limits a region is full where its next pair would be at its limit or beyond
   * @returns rows done: fewer where a region is full
   */
  readonly choose: (
    products: number,
    rows: number,
    queries: number,
    scales: number,
    thresholds: number,
    next: number,
    limits: number,
    first: number,
  ) => number;
  /** As `choose`, of products of float32 rows. */
  readonly chooseFloats: BatchKernels["choose"];
  /** Writes each row's first column with the greatest number, as int32. */
  readonly argmax: (numbers: number, rows: number, columns: number, places: number) => number;
}

let relaxedIsThere: boolean | undefined;

/**
 * Whether this machine's engine multiplies bytes by relaxed SIMD. Node 20 has it behind a flag, which is set here before a
 * module is compiled; later versions have it by default and do not know the flag.
 */
export const hasRelaxedSimd = (): boolean => {
  if (relaxedIsThere === undefined) {
    const module = scanModule(16, true);
    relaxedIsThere = WebAssembly.validate(module);
    if (!relaxedIsThere && process.version.startsWith("v20.")) {
      setFlagsFromString("--experimental-wasm-relaxed-simd");
      relaxedIsThere = WebAssembly.validate(module);
    }
  }
  return relaxedIsThere;
};

const compiled = new Map<string, WebAssembly.Module>();

const moduleOf = (key: string, bytes: () => Uint8Array<ArrayBuffer>): WebAssembly.Module => {
  let module = compiled.get(key);
  if (module === undefined) compiled.set(key, (module = new WebAssembly.Module(bytes())));
  return module;
};

const instantiate = (module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Instance =>
  new WebAssembly.Instance(module, { env: { memory } });

type Exported = Omit<ScanKernels, "relaxed">;

/**
 * The kernels for the codes in `memory`, compiled once a stride and thread.
 *
 * @param wantRelaxed for tests: false takes the portable kernels where the engine has relaxed SIMD, too
 */
export const openScanKernels = (
  memory: WebAssembly.Memory,
  stride: number,
  wantRelaxed = true,
): ScanKernels => {
  const relaxed = wantRelaxed && hasRelaxedSimd();
  const module = moduleOf(`scan ${stride} ${relaxed}`, () => scanModule(stride, relaxed));
  // What a module exports is known by its own bytes alone.
  return { ...(instantiate(module, memory).exports as unknown as Exported), relaxed };
};

/** The kernel for float32 rows in memory that threads share. */
export const openFloatKernels = (memory: WebAssembly.Memory): FloatKernels =>
  instantiate(moduleOf("rescore", rescoreModule), memory).exports as unknown as FloatKernels;

/** The kernels for a thread's own memory. */
export const openBatchKernels = (memory: WebAssembly.Memory): BatchKernels =>
  instantiate(moduleOf("batch", batchModule), memory).exports as unknown as BatchKernels;
