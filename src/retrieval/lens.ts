import { messageOf } from "../errors.ts";
import type { TransformRecord } from "../store/index.ts";
import type { Log, Modality, Sequence, TransformKind } from "../types.ts";
import { createExactIndex, type ExactIndex } from "./exact.ts";
import { createHnswIndex, type HnswIndex, type HnswLibrary } from "./hnsw.ts";
import type { IndexProfile } from "./profile.ts";
import { createFitKeeper, EAGER_ANCHORS, type Kept } from "./fit-keeper.ts";
import { fit } from "./fit.ts";
import { applyTransform, fittedDimension, isTransform, type Fit } from "./transform.ts";
import type { AnchorView, Changes, Slot } from "./types.ts";

/** Rows that are transformed at once: some milliseconds, in which no request is answered. */
const CHUNK_ROWS = 512;

/** What a lens needs of the memory that it looks at. */
export interface LensSource {
  readonly modality: Modality;
  /** The unit vectors of every slot, live or not. */
  readonly raw: ExactIndex;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly profile: IndexProfile;
  readonly hnswlib: HnswLibrary | undefined;
  readonly save: (record: TransformRecord) => Promise<void>;
  /** One more than any fit of this modality and kind has had, also of one that is still being made. */
  readonly nextVersion: () => number;
  readonly log: Log;
}

/** One modality's vectors as a transform shows them, with the indexes over them. */
export interface Lens {
  readonly kind: TransformKind;
  /** Everything that a search of `view` needs, fitted and up to date. */
  readonly focus: (view: AnchorView, changes: Changes, wantHnsw: boolean) => Promise<Focused>;
  /** Brings the slots below `slotCount` into the index of the present fit, ahead of a query that needs them. */
  readonly warm: (slotCount: number) => Promise<void>;
  /**
   * Fits anew where the fit is older than `view`, and stores it; nothing where nothing was fitted yet.
   *
   * @throws AnchorageError `unavailable` where it could not be stored
   */
  readonly renew: (view: AnchorView, changes: Changes) => Promise<void>;
  /** The fit, to be carried over when memory is compacted. */
  readonly fitted: () => Fitted | undefined;
  readonly version: () => number;
  readonly close: () => void;
}

export interface Focused {
  readonly exact: ExactIndex;
  readonly hnsw: HnswIndex | undefined;
  readonly version: number;
  /** Of the anchors that were fitted on; the view's where nothing is fitted. */
  readonly sequence: Sequence;
  /** Raw vectors, `[b, d]`, as this lens shows them. */
  readonly show: (queries: Float32Array) => Promise<Float32Array>;
}

export interface Fitted extends Kept {
  readonly fit: Fit | null;
}

interface Lensed extends Fitted {
  readonly exact: ExactIndex;
  hnsw: HnswIndex | undefined;
  /** Slots that are indexed, and those that were handed to the graph. */
  upTo: number;
  graphUpTo: number;
}

export type LensKey = `${Modality}/${TransformKind}`;

/** What records from the store say; those of fits of both modalities together are not for lenses. */
export const fittedFrom = (records: readonly TransformRecord[]): Map<LensKey, Fitted> => {
  const found = new Map<LensKey, Fitted>();
  for (const { kind, modality, mean, projection, version, sequence, anchorCount: anchors } of records) {
    if (!isTransform(kind)) continue;
    const fit = kind === "none" || mean.length === 0 ? null : { kind, mean, projection };
    found.set(`${modality}/${kind}`, { fit, version, sequence, anchors, changes: undefined, stored: true });
  }
  return found;
};

export const createLens = (kind: TransformKind, source: LensSource, carried: Fitted | undefined): Lens => {
  const { raw, compare, profile, hnswlib, modality } = source;
  let syncing: Promise<void> = Promise.resolve();

  function lensed(fitted: Fitted): Lensed {
    const dimension = fitted.fit === null ? raw.dimension : fittedDimension(fitted.fit);
    const exact = kind === "none" ? raw : createExactIndex({ dimension, compare });
    return { ...fitted, exact, hnsw: undefined, upTo: kind === "none" ? Infinity : 0, graphUpTo: 0 };
  }

  const keeper = createFitKeeper({
    name: `${kind} transform of ${modality} vectors`,
    carried: kind === "none" || carried === undefined ? undefined : lensed(carried),
    make: (view, changes) => fitTo(view, changes),
    log: source.log,
  });

  const fitTo = async (view: AnchorView, changes: Changes): Promise<Lensed> => {
    const version = source.nextVersion();
    const rows = view.vectors(modality, view.liveSlots());
    const started = performance.now();
    const made = kind === "none" ? null : await fit(kind, rows, raw.dimension);
    const fitted = { fit: made, version, sequence: view.sequence, anchors: view.size, changes };
    const next = lensed({ ...fitted, stored: false });
    await sync(next, view.slotCount);
    // What a closed lens fits for old views is of no use to the next start.
    const stored = !keeper.closed() && (await save(next, performance.now() - started));
    keeper.current()?.hnsw?.close();
    return { ...next, stored };
  };

  /** @returns whether the store has it now */
  const save = async ({ fit: made, version, sequence, anchors }: Fitted, took: number): Promise<boolean> => {
    try {
      // Also where nothing could be fitted, so that no older fit comes back after a restart.
      const mean = made?.mean ?? new Float32Array(0);
      const projection = made?.projection ?? null;
      await source.save({ kind, modality, version, sequence, anchorCount: anchors, mean, projection });
      if (anchors > EAGER_ANCHORS) {
        source.log(
          `${kind} of ${modality} vectors fitted on ${anchors} anchors in ${(took / 1000).toFixed(1)} s`,
        );
      }
      return true;
    } catch (error) {
      // A fit that is not kept is made again after a restart; the answers of now do not suffer.
      source.log(`a fitted transform could not be stored: ${messageOf(error)}`);
      return false;
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

  /** Where nothing is fitted there is nothing to keep. */
  let plain: Lensed | undefined;
  const fitFor = async (view: AnchorView, changes: Changes): Promise<Lensed> => {
    if (kind !== "none") return keeper.fitFor(view, changes);
    const { sequence } = view;
    plain ??= lensed({ fit: null, version: 0, sequence, anchors: 0, changes: undefined, stored: true });
    return plain;
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
        sequence: kind === "none" ? view.sequence : chosen.sequence,
        show: (queries) => applyTransform(chosen.fit, queries, raw.dimension),
      };
    },
    warm: async (slotCount) => {
      const current = keeper.current();
      if (current !== undefined) await sync(current, slotCount);
    },
    renew: keeper.renew,
    fitted: keeper.current,
    version: () => keeper.current()?.version ?? 0,
    close: () => {
      keeper.close();
      plain?.hnsw?.close();
      keeper.current()?.hnsw?.close();
    },
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
    for (; target.graphUpTo < view.slotCount; target.graphUpTo++) {
      target.hnsw.add(target.graphUpTo, exact.row(target.graphUpTo));
    }
  }
};
