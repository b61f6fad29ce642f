import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  closeKernels,
  currentCosts,
  DEFAULT_COSTS,
  fitCosts,
  openMachineCosts,
  useCosts,
} from "../../src/retrieval/index.ts";
import { availableThreads } from "../../src/machine-limits.ts";
import { silentLog } from "../support/log.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "costs-"));
  file = join(directory, "indexes", "costs.json");
});
afterEach(() => rm(directory, { recursive: true }));
afterAll(async () => {
  useCosts(DEFAULT_COSTS);
  await closeKernels();
});

const measured = async () => {
  const opened = await openMachineCosts(file, silentLog, 0);
  await opened.measured();
  await opened.close();
  return currentCosts();
};

describe("the costs of a machine", () => {
  test("are measured once, kept in a file, and read from it at the next start", async () => {
    const costs = await measured();
    expect(costs).not.toEqual(DEFAULT_COSTS);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ version: 3, costs });
    useCosts(DEFAULT_COSTS);
    const again = await openMachineCosts(file, silentLog);
    expect(currentCosts()).toEqual(costs);
    await again.close();
  }, 60_000);

  test.each([
    ["is of another format", { version: 1 }],
    ["was measured on another processor", { cpu: "abacus" }],
    ["lacks a cost", { costs: { exact: {}, hnsw: {} } }],
  ])(
    "are the default ones while the file %s",
    async (_, change) => {
      const cpu = `${availableThreads()} x ${cpus()[0]?.model ?? "unknown"}`;
      const kept = { version: 3, cpu, costs: { ...DEFAULT_COSTS, hnsw: { search: 1, visit: 2 } } };
      await mkdir(dirname(file));
      await writeFile(file, JSON.stringify(kept));
      await (await openMachineCosts(file, silentLog)).close();
      expect(currentCosts()).toEqual(kept.costs);
      for (const text of [JSON.stringify({ ...kept, ...change }), "{"]) {
        await writeFile(file, text);
        const opened = await openMachineCosts(file, silentLog);
        expect(currentCosts()).toEqual(DEFAULT_COSTS);
        await opened.close();
      }
    },
    60_000,
  );

  test("are found again from times that follow them", () => {
    const costs = { fixed: 0.5, row: 0.001, number: 2e-6 };
    const samples = [10, 100, 1_000, 10_000].flatMap((row) =>
      [1, 8, 64].map((width) => ({
        counts: { fixed: 1, row, number: row * width },
        ms: costs.fixed + costs.row * row + costs.number * row * width,
      })),
    );
    const found = fitCosts(samples, { fixed: 1, row: 1, number: 1 });
    for (const name of ["fixed", "row", "number"] as const) {
      expect(found[name] / costs[name]).toBeCloseTo(1, 2);
    }
  });

  test("are never negative", () => {
    const samples = [1, 2, 3].map((row) => ({ counts: { fixed: 1, row }, ms: row - 0.5 }));
    expect(Math.min(...Object.values(fitCosts(samples, { fixed: 1, row: 1 })))).toBeGreaterThanOrEqual(0);
  });
});
