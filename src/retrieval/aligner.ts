import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { ALIGNMENT_KINDS } from "../api/methods.ts";
import type { Alignment } from "./alignment/index.ts";
import { messageOf } from "../errors.ts";
import type { TransformRecord } from "../store/index.ts";
import type { AlignmentKind, Log, Modality, Sequence } from "../types.ts";
import { createAlignedIndexes, usedRank, showRows, type AlignedIndexes } from "./aligned.ts";
import type { FlatIndex } from "./codes/flat-index.ts";
import { countOnes } from "./unit-rows.ts";
import { createFitKeeper, EAGER_ANCHORS, type FitKeeper, type Kept } from "./fit-keeper.ts";
import { createPairGram } from "./pair-gram.ts";
import type { Aligned, AnchorView, Changes, Slot } from "./types.ts";

/** Maximum number of fits on subsets of the anchors, such as those of a filter or of a fold, that are kept. */
const PARTIAL_FITS = 8;
/** Maximum number of these with indexes; each index takes as much memory as the collection's own. */
const PARTIAL_INDEXES = 2;

/** The parts of the memory that an aligner reads. */
export interface AlignerSource {
  /** The unit vectors of every slot, live or not. */
  readonly raw: Readonly<Record<Modality, FlatIndex>>;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly save: (record: TransformRecord) => Promise<void>;
  /** Greater than the version of any fit of this kind, including one that is being computed. */
  readonly nextVersion: (kind: AlignmentKind) => number;
  readonly log: Log;
}

/** A collection's alignments of both modalities, with indexes over the aligned vectors. */
export interface Aligner {
  /** The fit for queries on `view`. In a large collection it may lag behind the view. */
  readonly align: (kind: AlignmentKind, view: AnchorView, changes: Changes) => Promise<Aligned>;
  /** A fit on the allowed anchors only, which is not stored. */
  readonly alignOn: (kind: AlignmentKind, view: AnchorView, allow: Uint8Array) => Promise<Aligned>;
  /** Whether any fit is older than `sequence` or not stored yet. */
  readonly lags: (sequence: Sequence) => boolean;
  /**
   * Replaces fits that are older than `view`, and stores the new ones.
   *
   * @throws AnchorageError `unavailable` if one could not be stored
   */
  readonly renew: (view: AnchorView, changes: Changes) => Promise<void>;
  /** The fits, which are carried over when memory is compacted. */
  readonly fitted: () => ReadonlyMap<AlignmentKind, FittedAlignment>;
  readonly close: () => void;
}

export interface FittedAlignment extends Kept {
  readonly fit: Alignment | null;
}

interface Held extends FittedAlignment {
  readonly indexes: AlignedIndexes | null;
}

/** Reads fits from records of the store; the records of both modalities must belong to the same fit. */
export const alignmentsFrom = (
  records: readonly TransformRecord[],
): ReadonlyMap<AlignmentKind, FittedAlignment> => {
  const found = new Map<AlignmentKind, FittedAlignment>();
  for (const kind of ALIGNMENT_KINDS) {
    const of = (modality: Modality): TransformRecord | undefined =>
      records.find((record) => record.kind === kind && record.modality === modality);
    const [image, text] = [of("image"), of("text")];
    if (image === undefined || text?.version !== image.version) continue;
    const { version, sequence, anchorCount: anchors } = image;
    const fit = image.mean.length === 0 ? null : { kind, image, text, weights: image.weights ?? null };
    found.set(kind, { fit, version, sequence, anchors, changes: undefined, stored: true });
  }
  return found;
};

/** @param carried earlier fits of this collection */
export const createAligner = (
  source: AlignerSource,
  carried: ReadonlyMap<AlignmentKind, FittedAlignment>,
): Aligner => {
  // Starts empty with each memory, so that after a compaction the Gram matrix has no trace of deleted anchors.
  const gram = createPairGram(source.raw);
  const partial = new LRUCache<string, Promise<FittedAlignment>>({ max: PARTIAL_FITS });
  const partialIndexes = new LRUCache<string, AlignedIndexes>({ max: PARTIAL_INDEXES });
  let partialOf = -1;

  const forgetPartial = (): void => {
    partial.clear();
    partialIndexes.clear();
  };

  const held = (fitted: FittedAlignment): Held => ({
    ...fitted,
    indexes: fitted.fit === null ? null : createAlignedIndexes(fitted.fit, source),
  });

  /** Only the most recently used fits keep their indexes; others are built again. */
  const heldOn = (key: string, fitted: FittedAlignment, only: Uint8Array): Held => {
    if (fitted.fit === null) return { ...fitted, indexes: null };
    const indexes = partialIndexes.get(key) ?? createAlignedIndexes(fitted.fit, source, only);
    partialIndexes.set(key, indexes);
    return { ...fitted, indexes };
  };

  const fitTo = async (kind: AlignmentKind, view: AnchorView, changes: Changes): Promise<Held> => {
    const version = source.nextVersion(kind);
    const started = performance.now();
    const fit = await gram.fit(kind, bitsOf(view));
    const { sequence, size: anchors } = view;
    const made = { fit, version, sequence, anchors, changes, stored: false };
    // Fits that a closed aligner makes for old views are not worth storing.
    const stored = !keeperOf(kind).closed() && (await save(kind, made, performance.now() - started));
    return held({ ...made, stored });
  };

  /** @returns whether it is stored now */
  const save = async (kind: AlignmentKind, fitted: FittedAlignment, took: number): Promise<boolean> => {
    const { fit, version, sequence, anchors } = fitted;
    try {
      for (const modality of ["image", "text"] as const) {
        // Stored even if nothing could be fitted, so that no older fit comes back after a restart.
        const { mean, projection } = fit?.[modality] ?? { mean: new Float32Array(0), projection: null };
        const weights = modality === "image" ? fit?.weights : null;
        const record = { kind, modality, version, sequence, anchorCount: anchors, mean, projection };
        await source.save(weights == null ? record : { ...record, weights });
      }
      if (anchors > EAGER_ANCHORS)
        source.log.info(`${kind} fitted on ${anchors} anchors in ${(took / 1000).toFixed(1)} s`);
      return true;
    } catch (error) {
      // A fit that could not be stored is computed again after a restart; current answers are not affected.
      source.log.warn(`a fitted transform could not be stored: ${messageOf(error)}`);
      return false;
    }
  };

  const keepers = new Map<AlignmentKind, FitKeeper<Held>>(
    ALIGNMENT_KINDS.map((kind) => {
      const before = carried.get(kind);
      return [
        kind,
        createFitKeeper({
          name: `${kind} transform`,
          carried: before === undefined ? undefined : held(before),
          make: (view, changes) => fitTo(kind, view, changes),
          log: source.log,
        }),
      ];
    }),
  );

  const keeperOf = (kind: AlignmentKind): FitKeeper<Held> => {
    const keeper = keepers.get(kind);
    if (keeper === undefined) throw new RangeError(`nothing is fitted by "${kind}"`);
    return keeper;
  };

  const shown = (kind: AlignmentKind, view: AnchorView, { fit, indexes, ...fitted }: Held): Aligned => {
    const { version, sequence, anchors } = fitted;
    const live = bitsOf(view);
    return {
      kind,
      version,
      sequence,
      anchors,
      weights: fit?.weights ?? null,
      rank: (wanted) => (fit === null ? 0 : usedRank(fit, wanted)),
      show: (modality, rows, rank) =>
        fit === null ? Promise.resolve(new Float32Array(0)) : showRows(fit, modality, rows, rank),
      search: (modality, queries, { k, rank, allow = live }) =>
        indexes === null
          ? Promise.resolve(nothing(queries.length / source.raw[modality].dimension))
          : indexes.search(modality, queries, { k, rank, allow }),
    };
  };

  return {
    align: async (kind, view, changes) => shown(kind, view, await keeperOf(kind).fitFor(view, changes)),
    alignOn: async (kind, view, allow) => {
      if (view.sequence !== partialOf) forgetPartial();
      partialOf = view.sequence;
      const key = `${kind} ${createHash("sha256").update(allow).digest("base64")}`;
      let made = partial.get(key);
      if (made === undefined) {
        const { sequence } = view;
        const anchors = countOnes(allow);
        made = gram
          .fitOn(kind, allow, bitsOf(view))
          .then((fit) => ({ fit, version: 0, sequence, anchors, changes: undefined, stored: false }));
        partial.set(key, made);
        made.catch(() => partial.delete(key));
      }
      return shown(kind, view, heldOn(key, await made, allow));
    },
    lags: (sequence) =>
      [...keepers.values()].some((keeper) => {
        const current = keeper.current();
        return current !== undefined && (current.sequence < sequence || !current.stored);
      }),
    renew: async (view, changes) => {
      forgetPartial();
      for (const keeper of keepers.values()) await keeper.renew(view, changes);
    },
    fitted: () =>
      new Map(
        [...keepers].flatMap(([kind, keeper]) => {
          const current = keeper.current();
          return current === undefined ? [] : [[kind, current] as const];
        }),
      ),
    close: () => {
      forgetPartial();
      for (const keeper of keepers.values()) keeper.close();
    },
  };
};

const bitsOf = (view: AnchorView): Uint8Array => view.bitmap(() => true);

const nothing = (rows: number) => ({
  width: 0,
  counts: new Int32Array(rows),
  slots: new Int32Array(0),
  scores: new Float32Array(0),
});
