import type { Alignment } from "./alignment/index.ts";
import { entryOf } from "../errors.ts";
import { withMemory } from "../memory-budget.ts";
import type { AlignmentKind, Modality } from "../types.ts";
import { codeBytesOf, strideOf } from "./codes/layout.ts";
import { createFlatIndex, type FlatIndex } from "./codes/flat-index.ts";
import { unitRows } from "./unit-rows.ts";
import { multiplyByTransposed } from "./kernels.ts";
import type { Neighbours, Slot, SpaceSearch } from "./types.ts";

/** Rows transformed in one step, which blocks the event loop for some milliseconds. */
const CHUNK_ROWS = 512;
/** Maximum number of ranks for which a fit keeps indexes. */
const RANKS = 2;
/** Whether rows are normalised (again) before or after the projection. */
const NORMALISED: Readonly<Record<AlignmentKind, "before" | "after">> = {
  csa: "after",
  orthogonal: "before",
  ridge: "after",
};

/**
 * Transforms rows by a fit: normalised, centred, projected on its first `rank` directions. Canonical directions are
 * compared by their angle, so rows are normalised again; an orthogonal map compares unit rows that are projected, so
 * they are normalised before (Li et al., arXiv 2410.07610; Maiorca et al., "Latent space translation via semantic
 * alignment", 2023).
 *
 * @param rows `[n, d]` row-major, of any norm
 * @returns `[n, rankOf(alignment, rank)]`
 */
export const showRows = async (
  alignment: Alignment,
  modality: Modality,
  rows: Float32Array,
  rank: number,
): Promise<Float32Array> => {
  const { mean, projection } = alignment[modality];
  const d = mean.length;
  const n = rows.length / d;
  const width = usedRank(alignment, rank);
  const before = entryOf(NORMALISED, alignment.kind, "alignment") === "before";
  const transformed = new Float32Array(n * width);
  for (let first = 0; first < n; first += CHUNK_ROWS) {
    const last = Math.min(n, first + CHUNK_ROWS);
    const unit = unitRows(rows.subarray(first * d, last * d), d);
    for (let i = 0; i < unit.length; i++) unit[i] = (unit[i] ?? 0) - (mean[i % d] ?? 0);
    const centered = before ? unitRows(unit, d) : unit;
    const projected =
      projection === null
        ? centered
        : await multiplyByTransposed(
            { data: centered, rows: last - first, columns: d },
            { data: projection.subarray(0, width * d), rows: width, columns: d },
          );
    transformed.set(before ? projected : unitRows(projected, width), first * width);
  }
  return transformed;
};

/** How many directions there are, of `rank` that are wanted. */
export const usedRank = ({ weights, image, text }: Alignment, rank: number): number => {
  if (weights !== null) return Math.min(rank, weights.length);
  return image.projection === null ? text.mean.length : image.projection.length / image.mean.length;
};

/** Exact indexes over the anchors as a fit transforms them, one for each modality and rank, made on first use. */
export interface AlignedIndexes {
  /** @param allow the live anchors of the view, or those of its filter */
  readonly search: (
    modality: Modality,
    queries: Float32Array,
    options: Pick<SpaceSearch, "k"> & { readonly rank: number; readonly allow: Uint8Array },
  ) => Promise<Neighbours>;
}

interface RankIndex {
  readonly index: FlatIndex;
  upTo: number;
}

/** @param only absent: every slot; else the others are never found */
export const createAlignedIndexes = (
  alignment: Alignment,
  source: {
    readonly raw: Readonly<Record<Modality, FlatIndex>>;
    readonly compare: (a: Slot, b: Slot) => number;
  },
  only?: Uint8Array,
): AlignedIndexes => {
  const indexes = new Map<string, RankIndex>();
  let last: Promise<unknown> = Promise.resolve();

  const indexAt = (modality: Modality, rank: number): RankIndex => {
    const key = `${modality}/${rank}`;
    const known = indexes.get(key) ?? {
      index: createFlatIndex({ dimension: rank, compare: source.compare }),
      upTo: 0,
    };
    // The most recently used comes last.
    indexes.delete(key);
    indexes.set(key, known);
    for (const old of [...indexes.keys()].slice(0, -2 * RANKS)) indexes.delete(old);
    return known;
  };

  const bring = async (
    modality: Modality,
    rank: number,
    target: RankIndex,
    slotCount: number,
  ): Promise<void> => {
    const raw = source.raw[modality];
    for (let first = target.upTo; first < slotCount; first += CHUNK_ROWS) {
      const end = Math.min(slotCount, first + CHUNK_ROWS);
      const slots: Slot[] = [];
      for (let slot = first; slot < end; slot++) if (only === undefined || only[slot] === 1) slots.push(slot);
      const rows = new Float32Array(slots.length * raw.dimension);
      slots.forEach((slot, i) => rows.set(raw.row(slot), i * raw.dimension));
      const made = await showRows(alignment, modality, rows, rank);
      const all = new Float32Array((end - first) * rank);
      slots.forEach((slot, i) => all.set(made.subarray(i * rank, (i + 1) * rank), (slot - first) * rank));
      target.index.add(first, all);
      target.upTo = end;
    }
  };

  return {
    search: async (modality, queries, { k, rank: wanted, allow }) => {
      const rank = usedRank(alignment, wanted);
      const target = indexAt(modality, rank);
      // One at a time, for rows are appended in order.
      const left = allow.length - target.upTo;
      const fill = (): Promise<void> => bring(modality, rank, target, allow.length);
      const what = `Another copy of the ${modality} vectors (${alignment.kind}, rank ${rank})`;
      const turn = last.then(() =>
        left <= CHUNK_ROWS
          ? fill()
          : withMemory({ bytes: left * (4 * strideOf(rank) + codeBytesOf(rank)), what }, fill),
      );
      last = turn.catch(() => undefined);
      await turn;
      return target.index.search(await showRows(alignment, modality, queries, rank), { k, allow });
    },
  };
};
