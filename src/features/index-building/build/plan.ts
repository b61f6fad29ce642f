import { open, readdir, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { BYTE_ORDER } from "../../../retrieval/byte-order.ts";
import type { Modality } from "../../../types.ts";
import { matchAnchors, whyOutdated } from "../../../retrieval/adoption.ts";
import { fit } from "../../../retrieval/fit.ts";
import { requireGraphLibrary } from "../../../retrieval/graph-library.ts";
import { applyTransform, fittedDimension, type Fit, kindFor } from "../../../retrieval/transform.ts";
import type { AnchorView, Slot } from "../../../retrieval/types.ts";
import { readAnchors, writeAnchors } from "../../../retrieval/built-index/anchors-file.ts";
import { isIntact, readJsonFile, sealFile, writeJson } from "../../../retrieval/built-index/files.ts";
import { writeFit } from "../../../retrieval/built-index/fit-file.ts";
import {
  type BuildSubject,
  newPlan,
  planPath,
  planSchema,
  type BuildPlan,
  type PlannedModality,
} from "../../../retrieval/built-index/manifest.ts";

const ROWS_AT_ONCE = 4_096;
const MODALITIES = ["image", "text"] as const;

/**
 * Fits the transforms and writes the transformed vectors to `work`, replacing earlier files. The rest of the build
 * needs nothing else.
 *
 * @throws the reason of `signal` if it aborts
 */
export const planBuild = async (
  work: string,
  { collection, encoders, transform, view }: BuildSubject,
  { kind: indexKind, profile }: Pick<BuildPlan, "kind" | "profile">,
  signal: AbortSignal,
): Promise<BuildPlan> => {
  await clearWork(work);
  const slots = view.liveSlots();
  const anchors = join(work, "anchors.jsonl");
  await writeAnchors(anchors, view, slots, signal);
  const planned = async (modality: Modality): Promise<PlannedModality> => {
    const kind = kindFor(modality, transform, view.size);
    const encoder = encoders[modality];
    const raw = view.vectors(modality, slots);
    const made = kind === "none" ? null : await fit(kind, raw, encoder.dimension);
    const fitFile = join(work, `${modality}.fit`);
    if (made !== null) await writeFit(fitFile, made);
    const rows = join(work, `${modality}.f32`);
    await writeRows(rows, view, modality, slots, made, signal);
    return {
      encoder,
      transform: kind,
      fit: made === null ? null : await sealFile(fitFile),
      dimension: made === null ? encoder.dimension : fittedDimension(made),
      rows: await sealFile(rows),
    };
  };
  const plan = newPlan({
    collection,
    sequence: view.sequence,
    count: slots.length,
    kind: indexKind,
    profile,
    library: await libraryFor(indexKind),
    anchors: await sealFile(anchors),
    modalities: { image: await planned("image"), text: await planned("text") },
  });
  signal.throwIfAborted();
  await writeJson(planPath(work), plan);
  return plan;
};

/** The library that builds indexes of a kind; null where none is needed. */
const libraryFor = async (kind: BuildPlan["kind"]): Promise<BuildPlan["library"]> =>
  kind === "hnsw" ? (await requireGraphLibrary()).name : null;

const clearWork = async (work: string): Promise<void> => {
  // The folder is not created here, because the build must fail if a compaction has removed it.
  await rm(planPath(work), { force: true });
  for (const name of await readdir(work))
    if (/\.(jsonl|fit|f32|hnsw|lists|writing|json|new)$/.test(name))
      await rm(join(work, name), { force: true });
};

const writeRows = async (
  path: string,
  view: AnchorView,
  modality: Modality,
  slots: Int32Array,
  made: Fit | null,
  signal: AbortSignal,
): Promise<void> => {
  const handle = await open(path, "w");
  try {
    for (let first = 0; first < slots.length; first += ROWS_AT_ONCE) {
      signal.throwIfAborted();
      await writeSome(handle, view, modality, slots.subarray(first, first + ROWS_AT_ONCE), made);
    }
  } finally {
    await handle.close();
  }
};

const writeSome = async (
  handle: FileHandle,
  view: AnchorView,
  modality: Modality,
  slots: ArrayLike<Slot>,
  made: Fit | null,
): Promise<void> => {
  const transformed = await applyTransform(made, view.vectors(modality, slots), view.dimension(modality));
  await handle.writeFile(new Uint8Array(transformed.buffer, transformed.byteOffset, transformed.byteLength));
};

/** An interrupted build: its remaining work, or why it cannot be resumed; null if there was none. */
export type Unfinished = { readonly plan: BuildPlan } | { readonly unusable: string } | null;

/** Reads the interrupted build in `work` and checks whether its index would still match the collection. */
export const findUnfinished = async (
  work: string,
  { collection, encoders, transform, view }: BuildSubject,
  { kind: indexKind, profile }: Pick<BuildPlan, "kind" | "profile">,
): Promise<Unfinished> => {
  const plan = await readJsonFile(planPath(work), planSchema);
  if (plan === undefined) return null;
  const unusable = (reason: string): Unfinished => ({ unusable: reason });
  if (!isDeepStrictEqual(plan.collection, collection)) return unusable("it was of another collection");
  if (plan.byteOrder !== BYTE_ORDER) return unusable("it was begun on a machine of another byte order");
  if (plan.kind !== indexKind) return unusable(`it was begun with --kind ${plan.kind}`);
  if (plan.library !== (await libraryFor(indexKind)))
    return unusable("it was begun with another library of graphs");
  if (!isDeepStrictEqual(plan.profile, profile)) return unusable("it was begun with another profile");
  if (plan.sequence > view.sequence) return unusable("it was begun at a later sequence");
  if (!(await isIntact(join(work, plan.anchors.file), plan.anchors))) return unusable("a file is damaged");
  const anchors = await readAnchors(join(work, plan.anchors.file), plan.count);
  for (const modality of MODALITIES) {
    const { encoder, transform: kind, rows } = plan.modalities[modality];
    if (!isDeepStrictEqual(encoder, encoders[modality])) return unusable("the collection has other encoders");
    if (kind !== kindFor(modality, transform, view.size))
      return unusable("the collection has another transform");
    if (!(await isIntact(join(work, rows.file), rows))) return unusable("a file is damaged");
    const outdated = whyOutdated(kind, plan.count, await matchAnchors(view, anchors, modality));
    if (outdated !== null) return unusable(outdated);
  }
  return { plan };
};
