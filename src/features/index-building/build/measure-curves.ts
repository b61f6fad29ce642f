import { AnchorageError } from "../../../errors.ts";
import type { Modality } from "../../../types.ts";
import { fit } from "../../../retrieval/fit.ts";
import type { GraphLibrary } from "../../../retrieval/neighbour-graph.ts";
import { createHnswIndex } from "../../../retrieval/hnsw.ts";
import type { GraphProfile } from "../../../retrieval/profile.ts";
import type { RecallCurve, RecallPoint } from "../../../retrieval/recall.ts";
import { applyTransform, kindFor } from "../../../retrieval/transform.ts";
import { measureRows } from "./measure.ts";
import type { BuildSubject } from "../../../retrieval/built-index/manifest.ts";

/** Number of sampled queries, as a multiple of the service's own measurements. */
const EFFORT = 3;

export interface MeasureCurvesOptions {
  readonly profile: GraphProfile;
  readonly graphLibrary: GraphLibrary;
  readonly signal: AbortSignal;
  readonly onPoint: (modality: Modality, point: RecallPoint) => void;
}

/**
 * Builds the graph of each modality as the service does, over transformed vectors, and measures its recall and its
 * time at several k and ef.
 *
 * @returns the curves by `modality/transform`
 * @throws AnchorageError `cancelled` if `signal` aborts
 */
export const measureCurves = async (
  subject: Pick<BuildSubject, "view" | "transform">,
  options: MeasureCurvesOptions,
): Promise<Map<string, RecallCurve>> => {
  const curves = new Map<string, RecallCurve>();
  for (const modality of ["image", "text"] as const)
    curves.set(
      `${modality}/${kindFor(modality, subject.transform, subject.view.size)}`,
      await measureCurve(subject, modality, options),
    );
  return curves;
};

const measureCurve = async (
  { view, transform }: Pick<BuildSubject, "view" | "transform">,
  modality: Modality,
  { profile, graphLibrary, signal, onPoint }: MeasureCurvesOptions,
): Promise<RecallCurve> => {
  const kind = kindFor(modality, transform, view.size);
  const slots = view.liveSlots();
  const rawDimension = view.dimension(modality);
  // `fit` takes ownership of its rows.
  const made = kind === "none" ? null : await fit(kind, view.vectors(modality, slots), rawDimension);
  const rows = await applyTransform(made, view.vectors(modality, slots), rawDimension);
  const dimension = rows.length / slots.length;
  const row = (slot: number): Float32Array => rows.subarray(slot * dimension, (slot + 1) * dimension);
  const graph = createHnswIndex(graphLibrary, { dimension, compare: (a, b) => a - b, row, profile });
  signal.addEventListener("abort", graph.close, { once: true });
  try {
    graph.add(0, rows);
    await graph.ready();
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    const onMeasured = (point: RecallPoint): void => onPoint(modality, point);
    return await measureRows(
      rows,
      graph,
      { profile, effort: EFFORT, all: true, onPoint: onMeasured },
      signal,
    );
  } finally {
    signal.removeEventListener("abort", graph.close);
    graph.close();
  }
};
