import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError, messageOf } from "../../../errors.ts";
import { builtListsSubject } from "../../../retrieval/built-index/read.ts";
import { sealFile, type NamedFile } from "../../../retrieval/built-index/files.ts";
import type { BuildPlan } from "../../../retrieval/built-index/manifest.ts";
import { createFlatIndex, type FlatIndex } from "../../../retrieval/codes/flat-index.ts";
import { readLists, writeLists } from "../../../retrieval/partitions/lists-file.ts";
import { measurePartitions } from "../../../retrieval/partitions/partition-curve.ts";
import { createPartitionIndex, type PartitionIndex } from "../../../retrieval/partitions/partition-index.ts";
import type { Modality } from "../../../types.ts";

const ROWS_AT_ONCE = 4_096;
/** Time between two reports of progress. */
const REPORT_MS = 200;
const inOrder = (a: number, b: number): number => a - b;

export interface PartitionBuild {
  readonly signal: AbortSignal;
  /** Receives the number of vectors that are done. */
  readonly onProgress: (done: number) => void;
  /** Number of threads; default: as many as can compute at a time. */
  readonly threads?: number | undefined;
}

/**
 * Partitions the vectors of one modality and measures how much of the exact answer the partitions find. Lists that an earlier
 * run finished are taken as they are; an interrupted build is begun anew, for it takes half a minute for a million vectors.
 *
 * @param work the folder of the build, where its vectors are
 * @returns the file of the lists, in `work`
 * @throws AnchorageError `cancelled` if `signal` aborts
 */
export const partitionRows = async (
  work: string,
  plan: BuildPlan,
  modality: Modality,
  options: PartitionBuild,
): Promise<NamedFile> => {
  const { count } = plan;
  const file = join(work, `${modality}.lists`);
  const subject = builtListsSubject(plan, modality);
  if (await isWhole(file, subject)) {
    options.onProgress(count);
    return sealFile(file);
  }
  const { dimension, rows } = plan.modalities[modality];
  const flat = createFlatIndex({ dimension, compare: inOrder });
  try {
    await readRows(join(work, rows.file), flat, options.signal);
    const index = await partition(flat, count, options);
    try {
      const curve = await measure(index, flat, count, options.signal);
      const lists = index.saved(count);
      if (lists === undefined) throw new Error("the lists are not built");
      await writeLists(file, subject, { lists, curve }, options.signal);
      return await sealFile(file);
    } finally {
      index.close();
    }
  } finally {
    flat.close();
  }
};

const isWhole = async (file: string, subject: ReturnType<typeof builtListsSubject>): Promise<boolean> => {
  try {
    await readLists(file, subject);
    return true;
  } catch {
    await rm(file, { force: true });
    return false;
  }
};

const readRows = async (path: string, flat: FlatIndex, signal: AbortSignal): Promise<void> => {
  const { dimension } = flat;
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const count = size / (4 * dimension);
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      throwIfStopped(signal);
      const rows = new Float32Array(Math.min(ROWS_AT_ONCE, count - first) * dimension);
      const bytes = new Uint8Array(rows.buffer);
      for (let filled = 0; filled < bytes.length;) {
        const at = 4 * first * dimension + filled;
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at);
        if (bytesRead === 0)
          throw new AnchorageError("corrupt-file", "The vectors of the build are cut off.");
        filled += bytesRead;
      }
      flat.add(first, rows);
    }
  } finally {
    await file.close();
  }
};

const partition = async (
  flat: FlatIndex,
  count: number,
  { signal, onProgress, threads }: PartitionBuild,
): Promise<PartitionIndex> => {
  const failures: unknown[] = [];
  const { dimension, row, score, rows: handle } = flat;
  const index = createPartitionIndex({
    ...{ dimension, compare: inOrder, row, rows: { score, handle }, threads },
    isLive: () => true,
    onFailure: (error) => failures.push(error),
  });
  const report = setInterval(() => onProgress(Math.round(count * index.contents().done)), REPORT_MS);
  signal.addEventListener("abort", index.close, { once: true });
  try {
    index.add(0, count);
    await index.ready();
    throwIfStopped(signal);
    const [cause] = failures;
    if (cause !== undefined)
      throw new AnchorageError("unavailable", `The lists could not be built: ${messageOf(cause)}`, { cause });
    onProgress(count);
    return index;
  } catch (error) {
    index.close();
    throw error;
  } finally {
    clearInterval(report);
    signal.removeEventListener("abort", index.close);
  }
};

const measure = async (index: PartitionIndex, flat: FlatIndex, count: number, signal: AbortSignal) => {
  const { dimension, row } = flat;
  const curve = await measurePartitions(
    {
      ...{ dimension, row, lists: index.contents().lists },
      slots: Int32Array.from({ length: count }, (_, slot) => slot),
      exact: (queries, k) => flat.search(queries, { k }),
      approximate: (query, k, effort) =>
        index.search(query, { k, effort, slotCount: count, allow: undefined }),
    },
    () => signal.aborted,
  );
  throwIfStopped(signal);
  return curve;
};

const throwIfStopped = (signal: AbortSignal): void => {
  if (signal.aborted) throw new AnchorageError("cancelled", "stopped; the same command goes on");
};
