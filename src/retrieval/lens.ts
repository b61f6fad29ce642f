import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { requireMemory, withMemory } from "../memory-budget.ts";
import { createTurns } from "../math/slices.ts";
import type { GraphOrigin } from "../api/indexes.ts";
import type { FittedTransform } from "../api/transforms.ts";
import type { TransformKind } from "../types.ts";
import { codeBytesOf, strideOf } from "./codes/layout.ts";
import { createFlatIndex, type FlatIndex } from "./codes/flat-index.ts";
import { createHnswIndex, graphBytes, type HnswIndex } from "./hnsw.ts";
import { createFitKeeper, EAGER_ANCHORS } from "./fit-keeper.ts";
import { fit, isSameFit, liveVectors } from "./fit.ts";
import { fittedTransformOf, applyTransform, fittedDimension, type Fit } from "./transform.ts";
import type { BuiltFit, Fitted, Lens, LensSource } from "./lens-types.ts";
import { createKeptPartitions, partitionBytes, type KeptPartitions } from "./partitions/kept-partitions.ts";
import { hasGraphSettings, type GraphProfile } from "./profile.ts";
import type { AnchorView, Changes } from "./types.ts";

/** Rows that are transformed at once: some milliseconds, in which no request is answered. */
const CHUNK_ROWS = 256;

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

interface Lensed extends Fitted {
  readonly exact: FlatIndex;
  /** Undefined until partitions are wanted. */
  partitions: KeptPartitions | undefined;
  hnsw: HnswIndex | undefined;
  origin: GraphOrigin;
  /** Slots that are indexed, and those that were handed to the graph. */
  upTo: number;
  graphUpTo: number;
}

export const createLens = (kind: TransformKind, source: LensSource, carried: Fitted | undefined): Lens => {
  const { raw, compare, profile, graphLibrary, modality } = source;
  const name = `${kind} transform of ${modality} vectors`;
  let { graphWanted: graphProfile, partitionsWanted } = source;
  const profileWithGraph = hasGraphSettings(profile) ? profile : undefined;
  let warned = false;
  let syncing: Promise<void> = Promise.resolve();

  function lensed(fitted: Fitted): Lensed {
    const dimension = fitted.fit === null ? raw.dimension : fittedDimension(fitted.fit);
    const exact = kind === "none" ? raw : createFlatIndex({ dimension, compare });
    const origin: GraphOrigin = { source: "built", sequence: fitted.sequence };
    const upTo = kind === "none" ? Infinity : 0;
    return { ...fitted, exact, partitions: undefined, hnsw: undefined, origin, upTo, graphUpTo: 0 };
  }

  const partitionsOf = (target: Lensed): KeptPartitions => {
    const { isLive, log, takeLists } = source;
    const { exact, version } = target;
    if (target.partitions !== undefined) return target.partitions;
    const saved = takeLists(version);
    return (target.partitions = createKeptPartitions({ modality, exact, compare, isLive, log, saved }));
  };

  const keeper = createFitKeeper({
    name,
    carried: kind === "none" || carried === undefined ? undefined : lensed(carried),
    make: (view, changes) => fitTo(view, changes),
    log: source.log,
  });

  const makeFit = async (view: AnchorView): Promise<Fit | null> =>
    kind === "none"
      ? null
      : withMemory({ bytes: FLOAT * view.size * raw.dimension, what: `Fitting the ${name}` }, async () =>
          fit(kind, await liveVectors(view, modality), raw.dimension),
        );

  const fitTo = async (view: AnchorView, changes: Changes): Promise<Lensed> => {
    const version = source.nextVersion();
    const started = performance.now();
    const made = await makeFit(view);
    const fitted = { fit: made, version, sequence: view.sequence, anchors: view.size, changes };
    const next = lensed({ ...fitted, stored: false });
    await sync(next, view.slotCount);
    // What a closed lens fits for old views is of no use to the next start.
    const stored = !keeper.closed() && (await save(next, performance.now() - started));
    closeIndexes(keeper.current());
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
    const append = async (): Promise<void> => {
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
    };
    const syncedNow = syncing.then(() => {
      const left = Math.max(0, slotCount - target.upTo);
      const { dimension } = target.exact;
      const bytes = left * (FLOAT * strideOf(dimension) + codeBytesOf(dimension));
      // What a write adds was reserved when it was made.
      return left <= CHUNK_ROWS ? append() : withMemory({ bytes, what: `The ${name}` }, append);
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
  const takeOver = async ({ fit: made, sequence, anchors }: BuiltFit, changes: Changes): Promise<Fitted> => {
    const present = keeper.current();
    if (present !== undefined && isSameFit(present.fit, made)) return { ...present, changes };
    const fitted = { fit: made, version: source.nextVersion(), sequence, anchors, changes };
    return { ...fitted, stored: await save({ ...fitted, stored: false }) };
  };

  /** The rows under a fit that was made elsewhere. */
  const adoptFit = async (built: BuiltFit, view: AnchorView, changes: Changes): Promise<Lensed> => {
    const chosen = kind === "none" ? await fitFor(view, changes) : lensed(await takeOver(built, changes));
    await sync(chosen, view.slotCount);
    return chosen;
  };

  const keepAdopted = async (chosen: Lensed): Promise<void> => {
    if (kind === "none") return;
    closeIndexes(keeper.current());
    await keeper.put(chosen);
  };

  const adoptLists: Lens["adoptLists"] = async (built, view, changes) => {
    const chosen = await adoptFit(built, view, changes);
    const { lists, sequence } = built;
    const index = partitionsOf(chosen).offer({ ...lists, source: "adopted", sequence }, view);
    partitionsWanted = true;
    await keepAdopted(chosen);
    return index;
  };

  const adopt: Lens["adopt"] = async (built, view, changes) => {
    if (graphLibrary === undefined)
      throw new AnchorageError("unavailable", "The HNSW library is not installed.");
    const chosen = await adoptFit(built, view, changes);
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
    graphProfile = built.profile;
    await keepAdopted(chosen);
    return chosen.hnsw;
  };

  const current = (): Lensed | undefined => plain ?? keeper.current();

  const transformOf = (fitted: Fitted | undefined): FittedTransform =>
    fittedTransformOf(kind, fitted?.fit == null ? 0 : fittedDimension(fitted.fit));

  return {
    kind,
    adopt,
    adoptLists,
    graphWanted: () => graphProfile,
    partitionsWanted: () => partitionsWanted,
    bytesAnAnchor: () => {
      const present = current();
      if (present === undefined) return 0;
      const { dimension } = present.exact;
      const copy = kind === "none" ? 0 : FLOAT * strideOf(dimension);
      const partitions = present.partitions?.index() === undefined ? 0 : partitionBytes(dimension);
      const graph = present.hnsw === undefined ? 0 : graphBytes(dimension, present.hnsw.profile);
      return copy + codeBytesOf(dimension) + partitions + graph;
    },
    partitions: () => current()?.partitions?.ready(),
    lists: (view) => {
      const partitions = current()?.partitions;
      const [index, lists] = [partitions?.ready(), partitions?.savedFor(view)];
      return index === undefined || lists === undefined ? undefined : { index, lists };
    },
    partitionStatus: () => current()?.partitions?.status() ?? null,
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
      const isLarge = view.size > profile.exactLimit;
      if (partitionsWanted || (isLarge && profile.partitions === true)) partitionsOf(chosen).feed(view);
      const settings = graphProfile ?? profileWithGraph;
      if (settings !== undefined && wantHnsw) feedGraph(chosen, view, settings);
      else if (settings !== undefined && (graphProfile !== undefined || isLarge))
        feedGraphIfRoom(chosen, view, settings);
      return {
        transform: transformOf(chosen),
        exact: chosen.exact,
        hnsw: chosen.hnsw,
        graphWanted: graphProfile !== undefined,
        partitionsWanted,
        partitions: chosen.partitions?.index(),
        version: chosen.version,
        sequence: kind === "none" ? view.sequence : chosen.sequence,
        show: (queries) => applyTransform(chosen.fit, queries, raw.dimension),
        fit: chosen.fit,
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
      closeIndexes(plain);
      closeIndexes(keeper.current());
    },
  };

  /** Where memory has no room for a graph nobody asked for, the exact index answers. */
  function feedGraphIfRoom(target: Lensed, view: AnchorView, settings: GraphProfile): void {
    try {
      feedGraph(target, view, settings);
    } catch (error) {
      if (!isAnchorageError(error) || error.code !== "insufficient-memory") throw error;
      if (!warned) source.log.warn(`${error.message} The exact index answers instead.`);
      warned = true;
    }
  }

  function feedGraph(target: Lensed, view: AnchorView, settings: GraphProfile): void {
    if (graphLibrary === undefined) return;
    const { exact } = target;
    if (target.hnsw === undefined) {
      const { dimension, row } = exact;
      requireMemory({
        bytes: view.slotCount * graphBytes(dimension, settings),
        what: `The HNSW graph of ${modality} vectors`,
      });
      target.hnsw = createHnswIndex(graphLibrary, { dimension, compare, row, profile: settings });
      target.origin = { source: "built", sequence: view.sequence };
    }
    for (; target.graphUpTo < view.slotCount; target.graphUpTo++) {
      target.hnsw.add(target.graphUpTo, exact.row(target.graphUpTo));
    }
  }
};

const closeIndexes = (target: Lensed | undefined): void => {
  target?.hnsw?.close();
  target?.partitions?.close();
  target?.exact.close();
};
