import { open, readdir, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AnchorageError } from "../../../errors.ts";
import type { Modality } from "../../../types.ts";
import { requireGraphLibrary } from "../../../retrieval/graph-library.ts";
import type { NeighbourGraph } from "../../../retrieval/neighbour-graph.ts";
import { SEED } from "../../../retrieval/hnsw.ts";
import {
  isIntact,
  namedFile,
  readJsonFile,
  sealFile,
  writeJson,
  type NamedFile,
} from "../../../retrieval/built-index/files.ts";

/** Number of vectors inserted between two saves. */
export const CHECKPOINT_ROWS = 10_000;
/** Maximum time of one slice of inserts. */
const TURN_MS = 100;

/** A graph to build; every field can be sent to a thread. */
export interface GraphTask {
  readonly modality: Modality;
  /** The folder of the build, where the graph is saved too. */
  readonly work: string;
  /** File in that folder: `[count, dimension]` float32, rows of norm 1. */
  readonly rows: string;
  readonly count: number;
  readonly dimension: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly checkpointRows: number;
}

const checkpointSchema = z.strictObject({ inserted: z.int().nonnegative(), graph: namedFile });

/** The progress of a build at its last save. */
type Checkpoint = z.infer<typeof checkpointSchema>;

export const checkpointPath = (work: string, modality: Modality): string => join(work, `${modality}.json`);

/**
 * Inserts the rows that the last checkpoint lacks, saves after every `checkpointRows`, and reloads the saved graph,
 * so that an interrupted build produces the same file as an uninterrupted one.
 *
 * @returns the file of the complete graph
 * @throws the reason of `signal` if it aborts
 */
export const insertRows = async (
  task: GraphTask,
  signal: AbortSignal,
  onProgress: (inserted: number) => void,
): Promise<NamedFile> => {
  const { work, count, dimension, m, efConstruction, checkpointRows } = task;
  const graphLibrary = await requireGraphLibrary();
  const graph = graphLibrary.newGraph(dimension);
  const rows = await open(join(work, task.rows), "r");
  try {
    let saved = await lastCheckpoint(task);
    for (;;) {
      onProgress(saved?.inserted ?? 0);
      if (saved === undefined) graph.initIndex({ maxElements: count, m, efConstruction, randomSeed: SEED });
      else if (saved.inserted === count) return saved.graph;
      else graph.readIndexSync(join(work, saved.graph.file));
      const first: number = saved?.inserted ?? 0;
      const last = Math.min(count, first + checkpointRows);
      await insertBetween(graph, rows, { first, last, dimension }, signal, onProgress);
      saved = await saveCheckpoint(task, graph, last);
    }
  } finally {
    await rows.close();
  }
};

const lastCheckpoint = async ({ work, modality }: GraphTask): Promise<Checkpoint | undefined> => {
  const found = await readJsonFile(checkpointPath(work, modality), checkpointSchema);
  if (found === undefined || !(await isIntact(join(work, found.graph.file), found.graph))) return undefined;
  return found;
};

const insertBetween = async (
  graph: NeighbourGraph,
  rows: FileHandle,
  { first, last, dimension }: { readonly first: number; readonly last: number; readonly dimension: number },
  signal: AbortSignal,
  onProgress: (inserted: number) => void,
): Promise<void> => {
  const block = new Float32Array((last - first) * dimension);
  await readFully(rows, block, first * dimension * Float32Array.BYTES_PER_ELEMENT);
  let turn = performance.now();
  for (let label = first; label < last; label++) {
    const at = (label - first) * dimension;
    graph.addPoint(Array.from(block.subarray(at, at + dimension)), label);
    if (performance.now() - turn < TURN_MS) continue;
    // The thread receives an abort only between two turns of its event loop.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    turn = performance.now();
    onProgress(label + 1);
  }
};

const readFully = async (file: FileHandle, into: Float32Array, position: number): Promise<void> => {
  const bytes = new Uint8Array(into.buffer);
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) throw new AnchorageError("corrupt-file", "The vectors of the build are cut off.");
    filled += bytesRead;
  }
};

const saveCheckpoint = async (
  { work, modality }: GraphTask,
  graph: NeighbourGraph,
  inserted: number,
): Promise<Checkpoint> => {
  const name = `${modality}-${inserted}.hnsw`;
  graph.writeIndexSync(join(work, name));
  const checkpoint = { inserted, graph: await sealFile(join(work, name)) };
  await writeJson(checkpointPath(work, modality), checkpoint);
  for (const other of await readdir(work))
    if (other !== name && other.startsWith(`${modality}-`) && other.endsWith(".hnsw"))
      await rm(join(work, other), { force: true });
  return checkpoint;
};
