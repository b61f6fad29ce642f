import { join } from "node:path";
import { EXIT, type CommandContext } from "../../command.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import type { CollectionsClient } from "../../client/index.ts";
import { createProgress } from "../../progress.ts";
import {
  builtFolder,
  closeKernels,
  hnswAvailable,
  pointFor,
  profileNamed,
  RECALL_TARGET,
  requireGraphSettings,
  type BuiltManifest,
} from "../../retrieval/index.ts";
import { builtListsSubject } from "../../retrieval/built-index/read.ts";
import { readLists } from "../../retrieval/partitions/lists-file.ts";
import { partitionPointFor } from "../../retrieval/partitions/partition-curve.ts";
import type { CollectionName, Modality, Transform } from "../../types.ts";
import { putVectors } from "./put-vectors.ts";
import { readCollection } from "./read.ts";
import { readVectorFiles, type VectorFiles } from "./vector-files.ts";
import { openBuildFolder } from "./build/build.ts";

/** The options of a build. */
export interface BuildIndexOptions {
  readonly collection: CollectionName;
  /** Output folder; default: DATA_DIR/indexes/NAME. */
  readonly out: string | undefined;
  readonly kind: BuiltManifest["kind"];
  /** The name of a file in indexes/; default: that of the kind. */
  readonly profile: string | undefined;
  readonly threads: 1 | 2;
  /** Files of vectors to store in the collection before it is indexed. */
  readonly vectors: (VectorFiles & { readonly transform?: Transform | undefined }) | undefined;
}

/** The profile of each kind, where none is named. */
const PROFILES = { partitions: "default", hnsw: "hnsw" } as const;

/**
 * Builds the index of a collection, with progress on the terminal, and has a service that runs on DATA_DIR adopt it.
 *
 * @returns the exit status
 * @throws AnchorageError `unavailable` if graphs are wanted and HNSW is not installed
 */
export const buildIndex = async (
  given: BuildIndexOptions,
  context: CommandContext<CollectionsClient>,
): Promise<number> => {
  const { collection: name, out } = given;
  const { config, signal, log, note, show } = context;
  const profile = profileNamed(given.profile ?? PROFILES[given.kind]);
  const { available, reason } = await hnswAvailable();
  if (given.kind === "hnsw" && !available) throw new AnchorageError("unavailable", reason);
  if (given.kind === "hnsw") requireGraphSettings(profile);
  const directory = out ?? builtFolder(join(config.dataDir, "indexes"), name);
  const folder = await openBuildFolder(directory, name);
  const started = performance.now();
  let built: BuiltManifest | undefined;
  try {
    if (given.vectors !== undefined) await store(given, given.vectors, context);
    const subject = await readCollection(given, context);
    const progress = createProgress("building", "vectors");
    const onProgress = (done: number, total: number): void => progress.update(done, total);
    built = await folder
      .build(subject, { kind: given.kind, profile, signal, onProgress, log, threads: given.threads })
      .finally(() => progress.stop());
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const manifest = built;
    const report = await reportOf(manifest, directory);
    show({ directory, seconds: Number(seconds), ...manifest }, () => [...report, `done in ${seconds} s`]);
    if (out !== undefined || subject.isAlone) return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note(error.message);
    return EXIT.interrupted;
  } finally {
    await folder.close();
    await closeKernels();
  }
  return askToAdopt(given, built, context);
};

const store = async (
  { collection: name }: BuildIndexOptions,
  { transform, ...files }: NonNullable<BuildIndexOptions["vectors"]>,
  { connect, signal, log }: CommandContext<CollectionsClient>,
): Promise<void> => {
  const table = await readVectorFiles(files);
  const client = await connect({ create: true });
  const progress = createProgress("storing", "anchors");
  try {
    const spec = { name, ...(transform === undefined ? {} : { transform }) };
    const onProgress = (done: number, total: number): void => progress.update(done, total);
    await putVectors(client, spec, table, { signal, log, onProgress });
  } finally {
    progress.stop();
    await client.close();
  }
};

/** Makes a service that runs on DATA_DIR adopt the index; without one the next start does. */
const askToAdopt = async (
  { collection: name }: BuildIndexOptions,
  built: BuiltManifest,
  { config, connect, findService, note }: CommandContext<CollectionsClient>,
): Promise<number> => {
  const service = config.url ?? (await findService());
  if (service === null) {
    note(
      `A service adopts it when it starts. A running one adopts it on POST /v1/collections/${name}/indexes.`,
    );
    return EXIT.done;
  }
  const client = await connect({ url: service });
  try {
    const { sequence, image, text } = await client.collection(name).adoptIndexes();
    if (sequence !== built.sequence) {
      note(`the service at ${service} has another DATA_DIR, with an index of sequence ${sequence}`);
      return EXIT.partly;
    }
    const drift = ({ gone, added }: typeof image): string => `${gone} hidden, ${added} to insert`;
    note(`adopted by the service at ${service} (image: ${drift(image)}; text: ${drift(text)})`);
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    note(`the service at ${service} did not adopt it: ${error.message}`);
    return EXIT.partly;
  } finally {
    await client.close();
  }
};

const reportOf = async (manifest: BuiltManifest, directory: string): Promise<string[]> => {
  const { collection, count, sequence, profile } = manifest;
  return [
    `${collection.name}: ${count} anchors at sequence ${sequence}, profile ${profile.name}, in ${directory}`,
    await lineOf(manifest, "image", directory),
    await lineOf(manifest, "text", directory),
  ];
};

const lineOf = async (manifest: BuiltManifest, modality: Modality, directory: string): Promise<string> => {
  const { dimension, transform, graph, lists } = manifest.modalities[modality];
  const size = `${(((graph ?? lists)?.bytes ?? 0) / 2 ** 20).toFixed(1)} MiB`;
  const recall = await recallText(manifest, modality, directory);
  return `${modality}: ${dimension} dimensions, transform ${transform}, ${size}, ${recall}`;
};

/** What was measured at k = 10. */
const recallText = async (
  manifest: BuiltManifest,
  modality: Modality,
  directory: string,
): Promise<string> => {
  const { curve, lists } = manifest.modalities[modality];
  if (lists !== null) {
    const kept = await readLists(join(directory, lists.file), builtListsSubject(manifest, modality));
    const point = kept.curve === null ? undefined : partitionPointFor(kept.curve, 10, RECALL_TARGET);
    if (point === undefined)
      return `${kept.lists.lists} lists, no effort surely holds recall ${RECALL_TARGET} at k = 10`;
    const { recall, ms, rows } = point;
    const share = ((100 * rows) / manifest.count).toFixed(2);
    return `${kept.lists.lists} lists, recall@10 ${recall.toFixed(4)}, ${share} % of the rows and ${ms.toFixed(2)} ms a query`;
  }
  const point = curve === null ? undefined : pointFor(curve, 10, RECALL_TARGET);
  return point === undefined
    ? `no measured ef holds recall ${RECALL_TARGET} at k = 10`
    : `recall@10 ${point.recall.toFixed(4)} at ef ${point.ef}, ${point.ms.toFixed(2)} ms a query`;
};
