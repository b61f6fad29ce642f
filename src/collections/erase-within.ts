import { setTimeout as sleep } from "node:timers/promises";
import { isAnchorageError, messageOf } from "../errors.ts";
import { listCollections, oldestHidden } from "../store/index.ts";
import type { CollectionName, Log } from "../types.ts";
import type { Core } from "./core.ts";

const KIND = "erase";
/** The share of the time after which a collection is compacted, so that a slow or failed compaction is still in time. */
const DUE = 0.8;
const MOST_MS = 3_600_000;
const LEAST_MS = 1_000;

/**
 * Compacts each collection before what was deleted from it has been hidden for `withinMs`, as a job of kind `erase`, until
 * `signal` aborts. Compactions follow one another, because each locks the tables.
 *
 * @example
 * ```ts
 * void eraseWithin(core, 7 * 86_400_000, AbortSignal.timeout(60_000), log);
 * ```
 */
export const eraseWithin = async (
  core: Pick<Core, "store" | "collections" | "jobs">,
  withinMs: number,
  signal: AbortSignal,
  log: Log,
): Promise<void> => {
  const { store, collections, jobs } = core;
  const pause = Math.min(MOST_MS, Math.max(LEAST_MS, withinMs / 20));

  const dueNow = async (): Promise<CollectionName[]> => {
    const due: CollectionName[] = [];
    for (const record of await listCollections(store)) {
      const since = await oldestHidden(store, record);
      if (since !== null && Date.now() - since.getTime() >= DUE * withinMs) due.push(record.name);
    }
    return due;
  };

  const eraseNow = async (): Promise<void> => {
    for (const name of await dueNow()) {
      if (signal.aborted) return;
      const { id } = await jobs.start(KIND, name, async () => {
        await collections.compact(name, "rewrite");
      });
      await jobs.settled(id);
    }
  };

  while (!signal.aborted) {
    await eraseNow().catch((error: unknown) => {
      if (!isAnchorageError(error)) throw error;
      if (!signal.aborted) log.warn(`what was deleted could not be erased: ${messageOf(error)}`);
    });
    await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
  }
};
