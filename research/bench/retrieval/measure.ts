import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { mean, median } from "../../../src/math/statistics.ts";

/** Each case is repeated for about so long, or so often. */
const CASE_MS = 600;
const MIN_RUNS = 3;
/** What takes longer than this is measured once. */
const LONG_MS = 2_000;

/** The median of the milliseconds a query, over as many batches as fit. */
export const msOf = async (work: (run: number) => Promise<unknown>, batch: number): Promise<number> => {
  const begun = performance.now();
  await work(0);
  const first = performance.now() - begun;
  if (first > LONG_MS) return first / batch;
  const times: number[] = [];
  const until = performance.now() + CASE_MS;
  for (let run = 1; times.length < MIN_RUNS || performance.now() < until; run++) {
    const start = performance.now();
    await work(run);
    times.push((performance.now() - start) / batch);
  }
  return median(times);
};

/** The share of the exact answers that was found. */
export const recallOf = (exact: readonly number[][], found: readonly number[][]): number => {
  const shares = exact.map((wanted, i) => {
    const got = new Set(found[i]);
    return wanted.filter((slot) => got.has(slot)).length / wanted.length;
  });
  return mean(shares);
};

/** How long `work` takes, and by how many bytes the process has grown when it is done. */
export const building = async <T>(
  work: () => T | Promise<T>,
): Promise<{ readonly made: T; readonly ms: number; readonly memory: number }> => {
  collectGarbage();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const made = await work();
  const ms = performance.now() - start;
  collectGarbage();
  return { made, ms, memory: process.memoryUsage.rss() - before };
};

/** Where node runs with --expose-gc, so that what is not needed any more is not counted. */
const collectGarbage = (): void => {
  globalThis.gc?.();
};

export const bytesOf = async (path: string): Promise<number> => {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const inside = await Promise.all((await readdir(path)).map((name) => bytesOf(join(path, name))));
  return inside.reduce((sum, bytes) => sum + bytes, 0);
};

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
