import { messageOf } from "../errors.ts";
import type { TransformRecord } from "../store/types.ts";
import type { Log, Modality, TransformKind } from "../types.ts";
import { createExactIndex, type ExactIndex } from "./exact.ts";
import { createHnswIndex, type HnswIndex, type HnswLibrary } from "./hnsw.ts";
import type { IndexProfile } from "./profile.ts";
import { applyTransform, fitTransform, fittedDimension, type Fit } from "./transform.ts";
import type { AnchorView, Slot } from "./types.ts";

/** Up to this many anchors a fit follows every change before the next query; beyond, it may lag behind a little. */
const EAGER_ANCHORS = 200;
/** Changed anchors, as a share of those it was fitted on, after which a fit is made anew in the background. */
const STALE_SHARE = 0.1;
/** Rows that are transformed at once. */
const CHUNK_ROWS = 4_096;

/** What a lens needs of the memory that it looks at. */
export interface LensSource {
  readonly modality: Modality;
  /** The unit vectors of every slot, live or not. */
  readonly raw: ExactIndex;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly profile: IndexProfile;
  readonly hnswlib: HnswLibrary | undefined;
  readonly save: (record: TransformRecord) => Promise<void>;
  readonly log: Log;
}

/** One modality's vectors as a transform shows them, with the indexes over them. */
export interface Lens {
  readonly kind: TransformKind;
  /** Everything that a search of `view` needs, fitted and up to date. */
  focus(view: AnchorView, changes: number, wantHnsw: boolean): Promise<Focused>;
  /** Hides slots from the graph, which cannot be told by a bitmap at no cost. */
  remove(slots: readonly Slot[]): void;
  /** The fit, to be carried over when memory is compacted. */
  fitted(): Fitted | undefined;
  version(): number;
  close(): void;
}

export interface Focused {
  readonly exact: ExactIndex;
  readonly hnsw: HnswIndex | undefined;
  readonly version: number;
  /** Raw vectors, `[b, d]`, as this lens shows them. */
  show(queries: Float32Array): Promise<Float32Array>;
}

export interface Fitted {
  readonly fit: Fit | null;
  readonly version: number;
  readonly anchors: number;
  /** The count of changes of the memory when it was fitted; unknown for one that was read from the store. */
  readonly changes: number | undefined;
}

interface Lensed extends Fitted {
  readonly exact: ExactIndex;
  hnsw: HnswIndex | undefined;
  /** Slots that are indexed, and those that were handed to the graph. */
  upTo: number;
  graphUpTo: number;
}

/** What a record from the store says. */
export const fittedFrom = ({ kind, mean, projection, version, anchorCount }: TransformRecord): Fitted => ({
  fit: kind === "none" ? null : { kind, mean, projection },
  version,
  anchors: anchorCount,
  changes: undefined,
});

export const createLens = (kind: TransformKind, source: LensSource, carried: Fitted | undefined): Lens => {
  const { raw, compare, profile, hnswlib, modality } = source;
  let current: Lensed | undefined = carried === undefined ? undefined : lensed(carried);
  let fitting: Promise<Lensed> | undefined;
  let syncing: Promise<void> = Promise.resolve();

  function lensed(fitted: Fitted): Lensed {
    const dimension = fitted.fit === null ? raw.dimension : fittedDimension(fitted.fit);
    const exact = kind === "none" ? raw : createExactIndex({ dimension, compare });
    return { ...fitted, exact, hnsw: undefined, upTo: kind === "none" ? Infinity : 0, graphUpTo: 0 };
  }

  const fit = async (view: AnchorView, changes: number): Promise<Lensed> => {
    const version = (current?.version ?? 0) + 1;
    const rows = view.vectors(modality, view.liveSlots());
    const started = performance.now();
    const made = kind === "none" ? null : await fitTransform(kind, rows, raw.dimension);
    const next = lensed({ fit: made, version: made === null ? 0 : version, anchors: view.size, changes });
    await sync(next, view.slotCount);
    if (made !== null) await save(made, version, view, performance.now() - started);
    current?.hnsw?.close();
    current = next;
    return next;
  };

  const save = async (made: Fit, version: number, view: AnchorView, took: number): Promise<void> => {
    try {
      const { mean, projection } = made;
      const { sequence, size: anchorCount } = view;
      await source.save({ kind, modality, version, sequence, anchorCount, mean, projection });
      if (anchorCount > EAGER_ANCHORS) {
        source.log(
          `${kind} of ${modality} vectors fitted on ${anchorCount} anchors in ${(took / 1000).toFixed(1)} s`,
        );
      }
    } catch (error) {
      // A fit that is not kept is made again after a restart; the answers of now do not suffer.
      source.log(`a fitted transform could not be stored: ${messageOf(error)}`);
    }
  };

  /** Brings every slot of the view into the index of `target`. One at a time, for rows are appended in order. */
  const sync = async (target: Lensed, slotCount: number): Promise<void> => {
    const turn = syncing.then(async () => {
      for (let first = target.upTo; first < slotCount; first += CHUNK_ROWS) {
        const last = Math.min(slotCount, first + CHUNK_ROWS);
        const rows = new Float32Array((last - first) * raw.dimension);
        for (let slot = first; slot < last; slot++) rows.set(raw.row(slot), (slot - first) * raw.dimension);
        target.exact.add(first, await applyTransform(target.fit, rows, raw.dimension));
        target.upTo = last;
      }
    });
    syncing = turn.catch(() => undefined);
    await turn;
  };

  const refit = (view: AnchorView, changes: number): Promise<Lensed> => {
    fitting ??= fit(view, changes).finally(() => (fitting = undefined));
    return fitting;
  };

  const fitFor = async (view: AnchorView, changes: number): Promise<Lensed> => {
    if (kind === "none") return (current ??= lensed({ fit: null, version: 0, anchors: 0, changes: 0 }));
    if (current === undefined) return refit(view, changes);
    // What changed while nobody looked is known only as a difference of counts.
    const changed =
      current.changes === undefined ? Math.abs(view.size - current.anchors) : changes - current.changes;
    if (changed === 0) return current;
    if (Math.max(view.size, current.anchors) <= EAGER_ANCHORS || current.fit === null)
      return refit(view, changes);
    if (changed > STALE_SHARE * current.anchors && fitting === undefined) {
      refit(view, changes).catch((error: unknown) => {
        source.log(`the ${kind} transform could not be fitted anew: ${messageOf(error)}`);
      });
    }
    return current;
  };

  return {
    kind,
    focus: async (view, changes, wantHnsw) => {
      const chosen = await fitFor(view, changes);
      await sync(chosen, view.slotCount);
      if (wantHnsw || view.size > profile.exactLimit) feedGraph(chosen, view);
      return {
        exact: chosen.exact,
        hnsw: chosen.hnsw,
        version: chosen.version,
        show: (queries) => applyTransform(chosen.fit, queries, raw.dimension),
      };
    },
    remove: (slots) => current?.hnsw?.remove(slots),
    fitted: () => (kind === "none" ? undefined : current),
    version: () => current?.version ?? 0,
    close: () => current?.hnsw?.close(),
  };

  function feedGraph(target: Lensed, view: AnchorView): void {
    if (hnswlib === undefined) return;
    const { exact } = target;
    target.hnsw ??= createHnswIndex(hnswlib, {
      dimension: exact.dimension,
      compare,
      row: exact.row,
      profile,
    });
    const dead: Slot[] = [];
    for (; target.graphUpTo < view.slotCount; target.graphUpTo++) {
      target.hnsw.add(target.graphUpTo, exact.row(target.graphUpTo));
      if (!view.isLive(target.graphUpTo)) dead.push(target.graphUpTo);
    }
    if (dead.length > 0) target.hnsw.remove(dead);
  }
};
