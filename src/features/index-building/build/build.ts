import { access, constants, mkdir, rm, rmdir } from "node:fs/promises";
import { AnchorageError, isAnchorageError } from "../../../errors.ts";
import { lockDataDir } from "../../../store/index.ts";
import type { Log, Modality } from "../../../types.ts";
import { requireGraphSettings, type GraphProfile, type IndexProfile } from "../../../retrieval/profile.ts";
import { readJsonFile } from "../../../retrieval/built-index/files.ts";
import { insertApart } from "./insert-apart.ts";
import { CHECKPOINT_ROWS } from "./insert.ts";
import {
  anyVersion,
  manifestPath,
  planPath,
  workFolder,
  type BuildPlan,
  type BuiltManifest,
  type BuildSubject,
} from "../../../retrieval/built-index/manifest.ts";
import { measureGraph } from "./measure.ts";
import { findUnfinished, planBuild } from "./plan.ts";
import { partitionRows } from "./partition.ts";
import { publishBuild, type FinishedIndex } from "../../../retrieval/built-index/publish.ts";

const MODALITIES = ["image", "text"] as const;

export interface BuildOptions {
  readonly kind: BuiltManifest["kind"];
  /** For graphs one with settings of a graph. */
  readonly profile: IndexProfile;
  /** If it aborts, the build ends with `cancelled`, and the next build resumes from the last save. */
  readonly signal: AbortSignal;
  /** Receives the number of vectors that are done, of both indexes. */
  readonly onProgress: (done: number, total: number) => void;
  readonly log: Log;
  /** Number of threads that build: 1 or 2; default 2. */
  readonly threads?: 1 | 2;
  /** Number of vectors between two saves; default 10,000. */
  readonly checkpointRows?: number;
}

/** A folder that is locked against other builds until it is closed. */
export interface BuildFolder {
  /**
   * Builds both indexes on threads, measures them and publishes them with the fits in the folder. Resumes an
   * interrupted build if it still matches the collection.
   *
   * @throws AnchorageError `cancelled` if the signal aborts, `conflict` if a compaction has removed the build
   */
  readonly build: (subject: BuildSubject, options: BuildOptions) => Promise<BuiltManifest>;
  readonly close: () => Promise<void>;
}

/**
 * Creates the folder if it does not exist, so that an unwritable folder is found before the work starts.
 *
 * @throws AnchorageError `invalid-input` if it cannot be created or written to, `conflict` if it belongs to another
 * collection, or another process builds in it
 */
export const openBuildFolder = async (folder: string, collection: string): Promise<BuildFolder> => {
  const work = workFolder(folder);
  await inFolder(folder, async () => {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  });
  await refuseOther(folder, collection);
  const lock = await inFolder(folder, () => lockDataDir(work)).catch((error: unknown) => {
    if (!isAnchorageError(error) || error.code !== "data-dir-busy") throw error;
    throw new AnchorageError("conflict", `Another process builds in ${folder}.`, { cause: error });
  });
  return {
    build: async (subject, options) => {
      try {
        return await inFolder(folder, () => buildIn(folder, subject, options));
      } catch (error) {
        if (options.signal.aborted)
          throw new AnchorageError("cancelled", "stopped; the same command goes on from what was saved");
        throw error;
      }
    },
    close: async () => {
      await lock.release().catch(() => undefined);
      if (await isThere(planPath(work))) return;
      await rm(work, { recursive: true, force: true });
      await rmdir(folder).catch(() => undefined);
    },
  };
};

/** Checks what an earlier build, by this version or another, left in the folder. */
const refuseOther = async (folder: string, collection: string): Promise<void> => {
  for (const path of [manifestPath(folder), planPath(workFolder(folder))]) {
    const found = await readJsonFile(path, anyVersion);
    if (found === undefined && (await isThere(path)))
      throw new AnchorageError("conflict", `${path} does not describe an index, and is left as it is`);
    if (found !== undefined && found.collection.name !== collection)
      throw new AnchorageError(
        "conflict",
        `${folder} holds an index of collection "${found.collection.name}"; name another folder by --out`,
      );
  }
};

const buildIn = async (
  folder: string,
  subject: BuildSubject,
  options: BuildOptions,
): Promise<BuiltManifest> => {
  const work = workFolder(folder);
  const { signal } = options;
  try {
    const plan = await choosePlan(work, subject, options);
    const build = options.kind === "hnsw" ? buildGraphs : partitionBoth;
    const manifest = await publishBuild(folder, plan, await build(work, plan, options));
    await rm(work, { recursive: true, force: true });
    return manifest;
  } catch (error) {
    if (signal.aborted || (await isThere(work))) throw error;
    throw new AnchorageError(
      "conflict",
      "The collection was compacted meanwhile, which removes what may hold deleted anchors; build again.",
      { cause: error },
    );
  }
};

type Finished = Readonly<Record<Modality, FinishedIndex>>;

const buildGraphs = async (work: string, plan: BuildPlan, options: BuildOptions): Promise<Finished> => {
  const { signal, log } = options;
  const profile = requireGraphSettings(options.profile);
  const graphs = await insertBoth(work, plan, { ...options, profile });
  log.info("measuring how much of the exact answer the graphs find");
  const finished = async (modality: Modality): Promise<FinishedIndex> => {
    const graph = graphs[modality];
    const curve = await measureGraph(work, { ...plan.modalities[modality], graph }, profile, signal);
    return { graph, curve, lists: null };
  };
  const image = await finished("image");
  return { image, text: await finished("text") };
};

/** One modality after the other, for each takes all threads. */
const partitionBoth = async (work: string, plan: BuildPlan, options: BuildOptions): Promise<Finished> => {
  const { signal, onProgress, threads } = options;
  const { count } = plan;
  const finished = async (modality: Modality, before: number): Promise<FinishedIndex> => {
    const onDone = (done: number): void => onProgress(before + done, MODALITIES.length * count);
    const lists = await partitionRows(work, plan, modality, { signal, onProgress: onDone, threads });
    return { graph: null, curve: null, lists };
  };
  const image = await finished("image", 0);
  return { image, text: await finished("text", count) };
};

const choosePlan = async (work: string, subject: BuildSubject, options: BuildOptions): Promise<BuildPlan> => {
  const { kind, profile, signal, log } = options;
  const unfinished = await findUnfinished(work, subject, { kind, profile });
  if (unfinished !== null && "plan" in unfinished) {
    log.info(
      `going on with the build of ${unfinished.plan.count} anchors at sequence ${unfinished.plan.sequence}`,
    );
    return unfinished.plan;
  }
  if (unfinished !== null) log.info(`a build that was stopped is begun anew: ${unfinished.unusable}`);
  return planBuild(work, subject, { kind, profile }, signal);
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const insertBoth = async (
  work: string,
  { count, modalities }: BuildPlan,
  {
    profile,
    signal,
    onProgress,
    log,
    threads = 2,
    checkpointRows = CHECKPOINT_ROWS,
  }: BuildOptions & { readonly profile: GraphProfile },
) => {
  const started = performance.now();
  const done = { image: 0, text: 0 };
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const insert = async (modality: Modality) => {
    const { rows, dimension } = modalities[modality];
    const { m, efConstruction } = profile.hnsw;
    const task = { modality, work, rows: rows.file, count, dimension, m, efConstruction, checkpointRows };
    return insertApart(task, either, (inserted) => {
      done[modality] = inserted;
      onProgress(done.image + done.text, MODALITIES.length * count);
    }).catch((error: unknown) => {
      failed.abort();
      throw error;
    });
  };
  const first = insert("image");
  if (threads === 1) await first;
  const both = [first, insert("text")] as const;
  // If one build fails, the other must end before its files are removed.
  await Promise.allSettled(both);
  const [image, text] = await Promise.all(both);
  log.info(`both graphs are built, in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return { image, text };
};

const FOLDER_FAULTS: Readonly<Record<string, string>> = {
  EEXIST: "is a file, and a folder is needed",
  ENOTDIR: "lies below a file",
  EACCES: "may not be written to",
  EPERM: "may not be written to",
  EROFS: "may not be written to",
  ENOSPC: "has no space left",
};

const inFolder = async <T>(directory: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const reason = FOLDER_FAULTS[(error as NodeJS.ErrnoException).code ?? ""];
    if (reason === undefined) throw error;
    throw new AnchorageError("invalid-input", `${directory} ${reason}`, { cause: error });
  }
};
