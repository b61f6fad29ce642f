import { writeFile } from "node:fs/promises";
import { AnchorageError } from "../../errors.ts";
import type { IndexProfile } from "../index.ts";
import type { Modality } from "../../types.ts";
import { buildGraph, type HnswLibrary } from "./graph.ts";
import { openIndexFolder, type IndexFolder } from "./publish.ts";
import { recallOf } from "./recall.ts";
import type { IndexManifest, Vectors } from "./types.ts";

export interface BuildOptions {
  readonly profile: IndexProfile;
  /** Absent where it is not installed; then only the exact matrices are written. */
  readonly hnswlib: HnswLibrary | undefined;
  readonly directory: string;
  /** How many vectors recall is measured with; 0: it is not. */
  readonly check: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface BuiltGraph {
  readonly buildMs: number;
  /** Recall@10, 0 to 1; null where it was not measured. */
  readonly recall: number | null;
}

export interface Built {
  readonly manifest: IndexManifest;
  readonly manifestPath: string;
  readonly graphs: Readonly<Record<Modality, BuiltGraph | null>>;
}

/**
 * Builds the indexes of both modalities and writes them to `directory`, where they appear all at once.
 *
 * @throws AnchorageError `cancelled` where `signal` aborts, and as `prepareIndexFolder` does; what stood in
 * `directory` is then as it was.
 */
export const buildIndexFiles = async (vectors: Vectors, options: BuildOptions): Promise<Built> => {
  const { directory, profile } = options;
  const folder = await openIndexFolder({ directory, collection: vectors.collection, profile: profile.name });
  try {
    const ids = await folder.add("ids", "jsonl", (path) =>
      writeFile(path, vectors.ids.map((id) => `${JSON.stringify(id)}\n`).join("")),
    );
    const count = vectors.ids.length;
    const image = await buildOne(vectors, "image", folder, options, (done) =>
      options.onProgress(done, 2 * count),
    );
    const text = await buildOne(vectors, "text", folder, options, (done) =>
      options.onProgress(count + done, 2 * count),
    );
    const manifest: IndexManifest = {
      collection: vectors.collection,
      sequence: vectors.sequence,
      count,
      profile,
      transform: "none",
      encoders: vectors.encoders,
      dimensions: vectors.dimensions,
      ids,
      indexes: { image: image.files, text: text.files },
    };
    requireGoing(options.signal);
    const manifestPath = await folder.publish(manifest);
    return { manifest, manifestPath, graphs: { image: image.graph, text: text.graph } };
  } finally {
    await folder.close();
  }
};

interface BuiltOne {
  readonly files: IndexManifest["indexes"][Modality];
  readonly graph: BuiltGraph | null;
}

const buildOne = async (
  vectors: Vectors,
  modality: Modality,
  folder: IndexFolder,
  options: BuildOptions,
  onProgress: (done: number) => void,
): Promise<BuiltOne> => {
  const { hnswlib, profile, check, signal } = options;
  const rows = vectors.rows[modality];
  const dimension = vectors.dimensions[modality];
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  const exact = await folder.add(`${modality}-exact`, "f32", (path) => writeFile(path, bytes));
  if (hnswlib === undefined) return { files: { exact, hnsw: null }, graph: null };
  const started = performance.now();
  const graph = await buildGraph(hnswlib, rows, dimension, profile, { signal, onProgress });
  const buildMs = performance.now() - started;
  const hnsw = await folder.add(`${modality}-${profile.name}`, "hnsw", (path) => graph.writeIndex(path));
  requireGoing(signal);
  const recall =
    check === 0 ? null : await recallOf(graph, rows, dimension, { queries: check, ef: profile.hnsw.ef });
  return { files: { exact, hnsw }, graph: { buildMs, recall } };
};

const requireGoing = (signal: AbortSignal): void => {
  if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
};
