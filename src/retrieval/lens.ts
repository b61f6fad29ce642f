import { AnchorageError, messageOf } from "../errors.ts";
import { createTurns } from "../math/slices.ts";
import type { GraphOrigin, GraphStatus } from "../api/indexes.ts";
import type { FittedTransform } from "../api/transforms.ts";
import type { TransformRecord } from "../store/index.ts";
import type { Log, Modality, Sequence, TransformKind } from "../types.ts";
import { createExactIndex, type ExactIndex } from "./exact.ts";
import type { GraphLibrary } from "./neighbour-graph.ts";
import { createHnswIndex, type HnswIndex, type LoadedGraph } from "./hnsw.ts";
import type { IndexProfile } from "./profile.ts";
import { createFitKeeper, EAGER_ANCHORS, type Kept } from "./fit-keeper.ts";
import { fit, liveVectors } from "./fit.ts";
import {
  fittedTransformOf,
  isTransformKind,
  applyTransform,
  deviationsOf,
  fittedDimension,
  type Fit,
} from "./transform.ts";
import type { AnchorView, Changes, Slot } from "./types.ts";

/** Rows that are transformed at once: some milliseconds, in which no request is answered. */
const CHUNK_ROWS = 256;

/** What a lens needs of the memory that it looks at. */
export interface LensSource {
  readonly modality: Modality;
  /** The unit vectors of every slot, live or not. */
  readonly raw: ExactIndex;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly profile: IndexProfile;
  readonly graphLibrary: GraphLibrary | undefined;
  readonly save: (record: TransformRecord) => Promise<void>;
  /** One more than any fit of this modality and kind has had, also of one that is still being made. */
  readonly nextVersion: () => number;
  readonly log: Log;
  /** Whether there is to be a graph whatever the number of anchors, as once a built one was adopted. */
  readonly graphWanted: boolean;
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
  /**
   * Takes over a fit and the graph over the vectors as it shows them. The fit is stored where it is not the present one.
   * From now on the lens keeps a graph at any size, and builds another where the fit changes.
   *
   * @param changes the space's counts when the fit was made
   */
  readonly adopt: (built: BuiltLens, view: AnchorView, changes: Changes) => Promise<HnswIndex>;
  readonly graphWanted: () => boolean;
  readonly graphStatus: () => GraphStatus | null;
  /** Lets go of a graph that holds vectors of deleted anchors, so that the next query has it built anew. */
  readonly dropHidden: () => void;
  /** The fit, to be carried over when memory is compacted. */
  readonly fitted: () => Fitted | undefined;
  readonly version: () => number;
  /** The transform as answers tell it, by the present fit. */
  readonly transform: () => FittedTransform;
  readonly close: () => void;
}

export interface Focused {
  readonly transform: FittedTransform;
  readonly exact: ExactIndex;
  readonly hnsw: HnswIndex | undefined;
  readonly graphWanted: boolean;
  readonly version: number;
  /** Of the anchors that were fitted on; the view's where nothing is fitted. */
  readonly sequence: Sequence;
  /** Raw vectors, `[b, d]`, as this lens shows them. */
  readonly show: (queries: Float32Array) => Promise<Float32Array>;
  /** As in a `Look`. */
  readonly deviations: () => Float64Array | null;
}

export interface Fitted extends Kept {
  readonly fit: Fit | null;
}

/** A fit with the graph over the vectors as it shows them, as `build-index` makes them. */
export interface BuiltLens extends Pick<Fitted, "fit" | "sequence" | "anchors"> {
  readonly profile: IndexProfile;
  readonly graph: LoadedGraph;
}

interface Lensed extends Fitted {
  readonly exact: ExactIndex;
  hnsw: HnswIndex | undefined;
  origin: GraphOrigin;
  /** Slots that are indexed, and those that were handed to the graph. */
  upTo: number;
  graphUpTo: number;
}

export type LensKey = `${Modality}/${TransformKind}`;

/** What records from the store say; those of fits of both modalities together are not for lenses. */
export const fittedFrom = (records: readonly TransformRecord[]): Map<LensKey, Fitted> => {
  const found = new Map<LensKey, Fitted>();
  for (const { kind, modality, mean, projection, version, sequence, anchorCount: anchors } of records) {
    if (!isTransformKind(kind)) continue;
    const fit = kind === "none" || mean.length === 0 ? null : { kind, mean, projection };
    found.set(`${modality}/${kind}`, { fit, version, sequence, anchors, changes: undefined, stored: true });
  }
  return found;
};

export const createLens = (kind: TransformKind, source: LensSource, carried: Fitted | undefined): Lens => {
  const { raw, compare, profile, graphLibrary, modality } = source;
  let { graphWanted } = source;
  let syncing: Promise<void> = Promise.resolve();

  function lensed(fitted: Fitted): Lensed {
    const dimension = fitted.fit === null ? raw.dimension : fittedDimension(fitted.fit);
    const exact = kind === "none" ? raw : createExactIndex({ dimension, compare });
    const origin: GraphOrigin = { source: "built", sequence: fitted.sequence };
    return { ...fitted, exact, hnsw: undefined, origin, upTo: kind === "none" ? Infinity : 0, graphUpTo: 0 };
  }

  const keeper = createFitKeeper({
    name: `${kind} transform of ${modality} vectors`,
    carried: kind === "none" || carried === undefined ? undefined : lensed(carried),
    make: (view, changes) => fitTo(view, changes),
    log: source.log,
  });

  const fitTo = async (view: AnchorView, changes: Changes): Promise<Lensed> => {
    const version = source.nextVersion();
    const started = performance.now();
    const made = kind === "none" ? null : await fit(kind, await liveVectors(view, modality), raw.dimension);
    const fitted = { fit: made, version, sequence: view.sequence, anchors: view.size, changes };
    const next = lensed({ ...fitted, stored: false });
    await sync(next, view.slotCount);
    // What a closed lens fits for old views is of no use to the next start.
    const stored = !keeper.closed() && (await save(next, performance.now() - started));
    keeper.current()?.hnsw?.close();
    return { ...next, stored };
  };

  /**
   * @param took in ms; absent for a fit that was made elsewhere
   * @returns whether the store has it now
   */
  const save = async ({ fit: made, version, sequence, anchors }: Fitted, took?: number): Promise<boolean> => {
    try {
      // Also where nothing could be fitted, so that no older fit comes back after a restart.
      const mean = made?.mean ?? new Float32Array(0);
      const projection = made?.projection ?? null;
      await source.save({ kind, modality, version, sequence, anchorCount: anchors, mean, projection });
      if (took !== undefined && anchors > EAGER_ANCHORS) {
        source.log.info(
          `${kind} of ${modality} vectors fitted on ${anchors} anchors in ${(took / 1000).toFixed(1)} s`,
        );
      }
      return true;
    } catch (error) {
      // A fit that is not kept is made again after a restart; the answers of now do not suffer.
      source.log.warn(`a fitted transform could not be stored: ${messageOf(error)}`);
      return false;
    }
  };

  /** Brings every slot of the view into the index of `target`. One at a time, for rows are appended in order. */
  const sync = async (target: Lensed, slotCount: number): Promise<void> => {
    const syncedNow = syncing.then(async () => {
      const turn = createTurns();
      for (let first = target.upTo; first < slotCount; first += CHUNK_ROWS) {
        const last = Math.min(slotCount, first + CHUNK_ROWS);
        const rows = new Float32Array((last - first) * raw.dimension);
        for (let slot = first; slot < last; slot++) rows.set(raw.row(slot), (slot - first) * raw.dimension);
        target.exact.add(first, await applyTransform(target.fit, rows, raw.dimension));
        target.upTo = last;
        // A fit without a projection is applied without a break.
        await turn();
      }
    });
    syncing = syncedNow.catch(() => undefined);
    await syncedNow;
  };

  /** Where nothing is fitted there is nothing to keep. */
  let plain: Lensed | undefined;
  const fitFor = async (view: AnchorView, changes: Changes): Promise<Lensed> => {
    if (kind !== "none") return keeper.fitFor(view, changes);
    const { sequence } = view;
    plain ??= lensed({ fit: null, version: 0, sequence, anchors: 0, changes: undefined, stored: true });
    return plain;
  };

  /** @returns the present fit with other counts of changes where it is the one that was built */
  const takeOver = async ({ fit: made, sequence, anchors }: BuiltLens, changes: Changes): Promise<Fitted> => {
    const present = keeper.current();
    if (present !== undefined && isSameFit(present.fit, made)) return { ...present, changes };
    const fitted = { fit: made, version: source.nextVersion(), sequence, anchors, changes };
    return { ...fitted, stored: await save({ ...fitted, stored: false }) };
  };

  const adopt: Lens["adopt"] = async (built, view, changes) => {
    if (graphLibrary === undefined)
      throw new AnchorageError("unavailable", "The HNSW library is not installed.");
    const chosen = kind === "none" ? await fitFor(view, changes) : lensed(await takeOver(built, changes));
    await sync(chosen, view.slotCount);
    chosen.hnsw?.close();
    chosen.hnsw = createHnswIndex(graphLibrary, {
      dimension: chosen.exact.dimension,
      compare,
      row: chosen.exact.row,
      profile: built.profile,
      loaded: built.graph,
    });
    chosen.origin = { source: "adopted", sequence: built.sequence };
    chosen.graphUpTo = built.graph.slotCount;
    graphWanted = true;
    if (kind !== "none") {
      keeper.current()?.hnsw?.close();
      await keeper.put(chosen);
    }
    return chosen.hnsw;
  };

  const current = (): Lensed | undefined => plain ?? keeper.current();

  const transformOf = (fitted: Fitted | undefined): FittedTransform =>
    fittedTransformOf(kind, fitted?.fit == null ? 0 : fittedDimension(fitted.fit));

  return {
    kind,
    adopt,
    graphWanted: () => graphWanted,
    graphStatus: () => {
      const { hnsw, origin } = current() ?? {};
      if (hnsw === undefined || origin === undefined) return null;
      return { ...origin, state: hnsw.isReady() ? "ready" : "building", vectors: hnsw.contents().live };
    },
    dropHidden: () => {
      const target = current();
      if (target?.hnsw === undefined || target.hnsw.contents().hidden === 0) return;
      target.hnsw.close();
      target.hnsw = undefined;
      target.graphUpTo = 0;
    },
    focus: async (view, changes, wantHnsw) => {
      const chosen = await fitFor(view, changes);
      await sync(chosen, view.slotCount);
      if (wantHnsw || graphWanted || view.size > profile.exactLimit) feedGraph(chosen, view);
      return {
        transform: transformOf(chosen),
        exact: chosen.exact,
        hnsw: chosen.hnsw,
        graphWanted,
        version: chosen.version,
        sequence: kind === "none" ? view.sequence : chosen.sequence,
        show: (queries) => applyTransform(chosen.fit, queries, raw.dimension),
        deviations: () => deviationsOf(chosen.fit),
      };
    },
    warm: async (slotCount) => {
      const current = keeper.current();
      if (current !== undefined) await sync(current, slotCount);
    },
    renew: keeper.renew,
    fitted: keeper.current,
    version: () => keeper.current()?.version ?? 0,
    transform: () => transformOf(keeper.current()),
    close: () => {
      keeper.close();
      plain?.hnsw?.close();
      keeper.current()?.hnsw?.close();
    },
  };

  function feedGraph(target: Lensed, view: AnchorView): void {
    if (graphLibrary === undefined) return;
    const { exact } = target;
    if (target.hnsw === undefined) {
      const { dimension, row } = exact;
      target.hnsw = createHnswIndex(graphLibrary, { dimension, compare, row, profile });
      target.origin = { source: "built", sequence: view.sequence };
    }
    for (; target.graphUpTo < view.slotCount; target.graphUpTo++) {
      target.hnsw.add(target.graphUpTo, exact.row(target.graphUpTo));
    }
  }
};

const isSameFit = (a: Fit | null, b: Fit | null): boolean =>
  a === null || b === null
    ? a === b
    : a.kind === b.kind && isSame(a.mean, b.mean) && isSame(a.projection, b.projection);

const isSame = (a: Float32Array | null, b: Float32Array | null): boolean =>
  a === null || b === null ? a === b : a.length === b.length && a.every((value, i) => value === b[i]);
