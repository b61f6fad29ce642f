import { AnchorageError } from "../../errors.ts";
import {
  applyTransform,
  createExactIndex,
  createHnswIndex,
  currentCosts,
  fitTransform,
  kindFor,
  measureRecall,
  type IndexProfile,
  type RecallCurve,
  type RecallPoint,
} from "../index.ts";
import type { Modality, TransformKind } from "../../types.ts";
import type { HnswLibrary } from "./graph.ts";
import type { Vectors } from "./types.ts";

/** Sampled queries, in multiples of what the service takes when it measures for itself. */
const EFFORT = 3;

export interface TuneOptions {
  readonly profile: IndexProfile;
  readonly hnswlib: HnswLibrary;
  readonly transform: TransformKind;
  readonly signal: AbortSignal;
  readonly onPoint: (modality: Modality, point: RecallPoint) => void;
}

/**
 * Builds the graph of each modality as the service does, over transformed vectors, and measures at several k and ef how
 * much of the exact answer it finds and how long it takes.
 *
 * @returns the curves by `modality/transform`
 * @throws AnchorageError `cancelled` where `signal` aborts
 */
export const tuneGraphs = async (
  vectors: Vectors,
  options: TuneOptions,
): Promise<Map<string, RecallCurve>> => {
  const curves = new Map<string, RecallCurve>();
  for (const modality of ["image", "text"] as const) {
    const kind = kindFor(modality, options.transform);
    curves.set(`${modality}/${kind}`, await tuneOne(vectors, modality, kind, options));
  }
  return curves;
};

const tuneOne = async (
  vectors: Vectors,
  modality: Modality,
  kind: TransformKind,
  { profile, hnswlib, signal, onPoint }: TuneOptions,
): Promise<RecallCurve> => {
  const raw = vectors.rows[modality];
  const fit = kind === "none" ? null : await fitTransform(kind, raw, vectors.dimensions[modality]);
  const rows = await applyTransform(fit, raw, vectors.dimensions[modality]);
  const dimension = rows.length / vectors.ids.length;
  const compare = (a: number, b: number): number => a - b;
  const exact = createExactIndex({ dimension, compare });
  exact.add(0, rows);
  const graph = createHnswIndex(hnswlib, { dimension, compare, row: exact.row, profile });
  signal.addEventListener("abort", graph.close, { once: true });
  try {
    graph.add(0, rows);
    await graph.ready();
    const curve = await measureRecall(
      {
        dimension,
        row: exact.row,
        slots: vectors.ids.map((_, slot) => slot),
        exact: (query, k) => exact.search(query, { k }),
        approximate: (query, k, ef) => graph.search(query, { k, ef }),
      },
      {
        profile,
        costs: currentCosts(),
        effort: EFFORT,
        all: true,
        onPoint: (point) => onPoint(modality, point),
        isClosed: () => signal.aborted,
      },
    );
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    return curve;
  } finally {
    signal.removeEventListener("abort", graph.close);
    graph.close();
    exact.close();
  }
};
