import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { BYTE_ORDER } from "../byte-order.ts";
import { messageOf } from "../../errors.ts";
import type { Modality, Sequence } from "../../types.ts";
import type { BuiltGraph, BuiltIndex, BuiltModality } from "../adoption.ts";
import type { GraphLibrary } from "../neighbour-graph.ts";
import { transformText } from "../../api/transforms.ts";
import { kindFor } from "../transform.ts";
import { readAnchors } from "./anchors-file.ts";
import { isIntact, readJsonFile } from "./files.ts";
import { readFit } from "./fit-file.ts";
import {
  manifestPath,
  manifestSchema,
  type BuildPlan,
  type BuiltManifest,
  type BuildSubject,
} from "./manifest.ts";
import { readLists, type KeptLists, type ListsSubject } from "../partitions/lists-file.ts";
import { requireGraphSettings } from "../profile.ts";
import { filesOf } from "./publish.ts";

const MODALITIES = ["image", "text"] as const;

/** The built index of a folder, or why it cannot be used. */
export type BuiltRead =
  | { readonly state: "none" }
  | { readonly state: "read"; readonly index: BuiltIndex }
  | { readonly state: "mismatch"; readonly reason: string; readonly isUseless: boolean }
  | { readonly state: "damaged"; readonly reason: string };

/** The collection that a built index must match. */
export interface ReadSubject extends Omit<BuildSubject, "view"> {
  readonly sequence: Sequence;
  /** Number of live anchors. */
  readonly anchors: number;
}

/** Whether there is an index to read. */
export const isBuilt = async (folder: string): Promise<boolean> =>
  (await readJsonFile(manifestPath(folder), manifestSchema)) !== undefined;

/**
 * Reads the index in `folder` if it is complete and matches the collection.
 *
 * @param requireLibrary called for graphs alone
 */
export const readBuilt = async (
  folder: string,
  subject: ReadSubject,
  requireLibrary: () => Promise<GraphLibrary>,
): Promise<BuiltRead> => {
  const manifest = await readJsonFile(manifestPath(folder), manifestSchema);
  if (manifest === undefined) return { state: "none" };
  const graphLibrary = manifest.kind === "hnsw" ? await requireLibrary() : undefined;
  const mismatch = mismatchOf(manifest, subject, graphLibrary);
  if (mismatch !== null) return { state: "mismatch", ...mismatch };
  for (const named of filesOf(manifest))
    if (!(await isIntact(join(folder, named.file), named)))
      return { state: "damaged", reason: `${named.file} does not have the sha256 that the manifest names` };
  try {
    return { state: "read", index: await readFiles(folder, manifest, graphLibrary) };
  } catch (error) {
    return { state: "damaged", reason: messageOf(error) };
  }
};

const mismatchOf = (
  { collection, modalities, sequence, byteOrder, library }: BuiltManifest,
  subject: ReadSubject,
  graphLibrary: GraphLibrary | undefined,
): { reason: string; isUseless: boolean } | null => {
  if (!isDeepStrictEqual(collection, subject.collection))
    return {
      reason: `it is of another collection (${collection.name}, made ${collection.createdAt})`,
      isUseless: true,
    };
  for (const modality of MODALITIES) {
    const { encoder, transform } = modalities[modality];
    if (!isDeepStrictEqual(encoder, subject.encoders[modality]))
      return { reason: `its ${modality} vectors are of another encoder (${encoder.id})`, isUseless: true };
    if (transform !== kindFor(modality, subject.transform, subject.anchors))
      return {
        reason: `it was built for transform ${modalities.image.transform}, and the collection has ${transformText(subject.transform)}`,
        isUseless: false,
      };
  }
  if (graphLibrary !== undefined && library !== graphLibrary.name)
    return {
      reason: `its graphs are files of ${library}, and ${graphLibrary.name} builds graphs here`,
      isUseless: true,
    };
  if (byteOrder !== BYTE_ORDER)
    return { reason: `its numbers are ${byteOrder}, and this machine's are ${BYTE_ORDER}`, isUseless: true };
  if (sequence > subject.sequence)
    return {
      reason: `it was built at sequence ${sequence}, and the collection is at ${subject.sequence}`,
      isUseless: false,
    };
  return null;
};

const readFiles = async (
  folder: string,
  manifest: BuiltManifest,
  graphLibrary: GraphLibrary | undefined,
): Promise<BuiltIndex> => {
  const { anchors, count, modalities, sequence } = manifest;
  const read = async (modality: Modality): Promise<BuiltModality> => {
    const { transform: kind, fit, encoder } = modalities[modality];
    const made =
      fit === null || kind === "none" ? null : await readFit(join(folder, fit.file), kind, encoder.dimension);
    const of = { kind, fit: made, sequence: sequence as Sequence, anchors: count };
    return graphLibrary === undefined
      ? { ...of, lists: await readListsOf(folder, manifest, modality) }
      : { ...of, ...(await readGraphOf(folder, manifest, modality, graphLibrary)) };
  };
  return {
    sequence: sequence as Sequence,
    anchors: await readAnchors(join(folder, anchors.file), count),
    modalities: { image: await read("image"), text: await read("text") },
  };
};

const readGraphOf = async (
  folder: string,
  { count, modalities, profile }: BuiltManifest,
  modality: Modality,
  graphLibrary: GraphLibrary,
): Promise<BuiltGraph> => {
  const { dimension, graph: file, curve } = modalities[modality];
  if (file === null) throw new RangeError(`the manifest names no graph of ${modality} vectors`);
  const graph = graphLibrary.newGraph(dimension);
  await graph.readIndex(join(folder, file.file));
  if (graph.getCurrentCount() !== count)
    throw new RangeError(`${file.file} holds ${graph.getCurrentCount()} vectors in place of ${count}`);
  return { profile: requireGraphSettings(profile), graph, curve };
};

const readListsOf = async (
  folder: string,
  manifest: BuiltManifest,
  modality: Modality,
): Promise<KeptLists> => {
  const { lists } = manifest.modalities[modality];
  if (lists === null) throw new RangeError(`the manifest names no lists of ${modality} vectors`);
  return readLists(join(folder, lists.file), builtListsSubject(manifest, modality));
};

/** The subject of the lists of a build; its fit is in the build itself. */
export const builtListsSubject = (
  {
    collection,
    sequence,
    count,
    modalities,
  }: Pick<BuildPlan, "collection" | "sequence" | "count" | "modalities"> | BuiltManifest,
  modality: Modality,
): ListsSubject => {
  const { encoder, transform } = modalities[modality];
  return { collection, modality, encoder, transform, transformVersion: 0, sequence, anchors: count };
};
