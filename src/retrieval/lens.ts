import { AnchorageError, messageOf } from "../errors.ts";
import type { TransformRecord } from "../store/index.ts";
import type { Log, Modality, Sequence, TransformKind } from "../types.ts";
import { createExactIndex, type ExactIndex } from "./exact.ts";
import { createHnswIndex, type HnswIndex, type HnswLibrary } from "./hnsw.ts";
import type { IndexProfile } from "./profile.ts";
import { fit } from "./fit.ts";
import { applyTransform, fittedDimension, type Fit } from "./transform.ts";
import type { AnchorView, Changes, Slot } from "./types.ts";

/** Up to this many anchors a fit follows every change before the next query; beyond, it may lag behind a little. */
const EAGER_ANCHORS = 200;
/** Anchors that came, as a share of those it was fitted on, after which a fit is made anew in the background. */
const STALE_SHARE = 0.1;
/** How long no fit is made in the background after one, in multiples of the time that it took. */
const REST = 2;
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

export interface Fitted {
  /** null where there was too little to fit. */
  readonly fit: Fit | null;
  readonly version: number;
  readonly sequence: Sequence;
  readonly anchors: number;
  /** The space's counts when it was fitted; unknown for one that was read from the store. */
  readonly changes: Changes | undefined;
  /** Whether the store has it, and so nothing older. */
  readonly stored: boolean;
}

interface Lensed extends Fitted {
  readonly exact: ExactIndex;
  hnsw: HnswIndex | undefined;
  /** Slots that are indexed, and those that were handed to the graph. */
  upTo: number;
  graphUpTo: number;
}

/** What a record from the store says. */
export const fittedFrom = ({
  kind,
  mean,
  projection,
  version,
  sequence,
  anchorCount,
}: TransformRecord): Fitted => ({
  fit: kind === "none" || mean.length === 0 ? null : { kind, mean, projection },
  version,
  sequence,
  anchors: anchorCount,
  changes: undefined,
  stored: true,
});

export const createLens = (kind: TransformKind, source: LensSource, carried: Fitted | undefined): Lens => {
  const { raw, compare, profile, hnswlib, modality } = source;
  let current: Lensed | undefined = carried === undefined ? undefined : lensed(carried);
  let fitting: Promise<void> | undefined;
  let resting: NodeJS.Timeout | undefined;
  // Of a closed lens only old views still ask; what it fits for them is of no use to the next start.
  let closed = false;
  let restsUntil = 0;
  let syncing: Promise<void> = Promise.resolve();

  function lensed(fitted: Fitted): Lensed {
    const dimension = fitted.fit === null ? raw.dimension : fittedDimension(fitted.fit);
    const exact = kind === "none" ? raw : createExactIndex({ dimension, compare });
    return { ...fitted, exact, hnsw: undefined, upTo: kind === "none" ? Infinity : 0, graphUpTo: 0 };
  }

  const fitTo = async (view: AnchorView, changes: Changes): Promise<void> => {
    const version = source.nextVersion();
    const rows = view.vectors(modality, view.liveSlots());
    const started = performance.now();
    const made = kind === "none" ? null : await fit(kind, rows, raw.dimension);
    const fitted = { fit: made, version, sequence: view.sequence, anchors: view.size, changes };
    const next = lensed({ ...fitted, stored: false });
    await sync(next, view.slotCount);
    const stored = !closed && (await save(next, performance.now() - started));
    current?.hnsw?.close();
    current = { ...next, stored };
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

  /** One fit at a time; whoever comes meanwhile waits for it and looks again. */
  const refit = (view: AnchorView, changes: Changes): Promise<void> => {
    const started = performance.now();
    fitting ??= fitTo(view, changes).finally(() => {
      fitting = undefined;
      const ended = performance.now();
      restsUntil = ended + REST * (ended - started);
    });
    return fitting;
  };

  /** In the background, when the last fit has been of use for a while. */
  const refitLater = (view: AnchorView, changes: Changes): void => {
    if (closed || fitting !== undefined || resting !== undefined) return;
    resting = setTimeout(
      () => {
        resting = undefined;
        refit(view, changes).catch((error: unknown) => {
          source.log(`the ${kind} transform could not be fitted anew: ${messageOf(error)}`);
        });
      },
      Math.max(0, restsUntil - performance.now()),
    );
    resting.unref();
  };

  /** Whether a fit that is older than `view` is in use, or may be in the store. */
  const lags = (fitted: Fitted, view: AnchorView): boolean =>
    !closed && kind !== "none" && (fitted.sequence < view.sequence || !fitted.stored);

  const fitFor = async (view: AnchorView, changes: Changes): Promise<Lensed> => {
    if (kind === "none") {
      return (current ??= lensed({
        fit: null,
        version: 0,
        sequence: view.sequence,
        anchors: 0,
        changes: undefined,
        stored: true,
      }));
    }
    for (;;) {
      // A view that is older than the fit is shown through it: a fit never goes back.
      if (current !== undefined && current.sequence >= view.sequence) return current;
      if (current !== undefined && mayLag(current, view)) {
        if (isStale(current, view, changes)) refitLater(view, changes);
        return current;
      }
      await refit(view, changes);
    }
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
      if (current !== undefined) await sync(current, slotCount);
    },
    renew: async (view, changes) => {
      while (current !== undefined && lags(current, view)) {
        // One that is being made already may be of an older view.
        await refit(view, changes);
        if (current.sequence < view.sequence || !lags(current, view)) continue;
        throw new AnchorageError(
          "unavailable",
          `The ${kind} transform of ${modality} vectors was fitted anew, but could not be stored.`,
        );
      }
    },
    fitted: () => (kind === "none" ? undefined : current),
    version: () => current?.version ?? 0,
    close: () => {
      closed = true;
      clearTimeout(resting);
      current?.hnsw?.close();
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

const mayLag = (fitted: Fitted, view: AnchorView): boolean =>
  fitted.fit !== null && Math.min(view.size, fitted.anchors) > EAGER_ANCHORS;

/**
 * Whether too much has changed since the fit: many anchors, or any that was removed, for what was learnt of it is to be
 * forgotten. Of a fit that was read from the store it is only known whether anything was written since.
 */
const isStale = (fitted: Fitted, view: AnchorView, now: Changes): boolean => {
  if (fitted.changes === undefined) return view.sequence > fitted.sequence;
  return (
    now.removals > fitted.changes.removals || now.total - fitted.changes.total > STALE_SHARE * fitted.anchors
  );
};
