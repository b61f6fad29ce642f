import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import { availableThreads } from "../machine-limits.ts";
import type { Log } from "../types.ts";
import { sinceLastSearch } from "./codes/quiet.ts";
import { measureCosts } from "./measure-costs.ts";
import { DEFAULT_COSTS, parseCosts, useCosts } from "./costs.ts";
import { loadGraphLibrary } from "./graph-library.ts";
import { readProfile, requireGraphSettings } from "./profile.ts";

/** Version of the file and of the cost model. */
const VERSION = 3;
/** The measurement waits for so long without a search, so that it overlaps neither with the start nor with requests. */
const QUIET_MS = 10_000;

const fileSchema = z.object({ version: z.literal(VERSION), cpu: z.string(), costs: z.unknown() });

/** The model of the processors and how many may be used; costs of others are not used. */
const processor = (): string => `${availableThreads()} x ${cpus()[0]?.model ?? "unknown"}`;

/**
 * Makes the planner use this machine's costs: those in `file`, or, if it has none for this processor, costs that are
 * measured later in the background and then written there.
 */
export const openMachineCosts = async (
  file: string,
  log: Log,
  quietMs = QUIET_MS,
): Promise<{ measured: () => Promise<void>; close: () => Promise<void> }> => {
  let closed = false;
  let measuring: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const measure = async (): Promise<void> => {
    try {
      const started = performance.now();
      const costs = await measureCosts({
        graphLibrary: await loadGraphLibrary(),
        profile: requireGraphSettings(readProfile("hnsw")),
        fallback: DEFAULT_COSTS,
        isClosed: () => closed,
      });
      if (costs === undefined) return;
      useCosts(costs);
      await mkdir(dirname(file), { recursive: true });
      const text = `${JSON.stringify({ version: VERSION, cpu: processor(), costs }, null, 2)}\n`;
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
      log.info(`searches measured on this machine in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    } catch (error) {
      log.warn(`the costs of searches could not be measured or kept: ${messageOf(error)}`);
    }
  };

  const known = await readCosts(file);
  useCosts(known ?? DEFAULT_COSTS);
  const begun = new Promise<void>((resolve) => {
    if (known !== undefined) {
      resolve();
      return;
    }
    const wait = (ms: number): void => {
      timer = setTimeout(() => {
        const left = quietMs - sinceLastSearch();
        if (left > 0) {
          wait(left);
          return;
        }
        measuring = measure();
        resolve();
      }, ms);
      timer.unref();
    };
    wait(quietMs);
  });
  return {
    measured: async () => {
      await begun;
      await measuring;
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await measuring;
    },
  };
};

/** Undefined if the file is missing, invalid, or of another version or machine; then it is written again. */
const readCosts = async (file: string) => {
  try {
    const read = fileSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return read.data?.cpu === processor() ? parseCosts(read.data.costs) : undefined;
  } catch {
    return undefined;
  }
};
