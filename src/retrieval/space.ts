import { AnchorageError, messageOf } from "../errors.ts";
import { BYTES_AN_ANCHOR, withMemory } from "../memory-budget.ts";
import type { TransformRecord } from "../store/index.ts";
import type { AlignmentKind, Log, Modality, Sequence, Transform, TransformKind } from "../types.ts";
import type { AnchorSpace } from "./anchor-space.ts";
import { adoptBuilt } from "./adopt-built.ts";
import { alignmentsFrom, createAligner, type Aligner, type FittedAlignment } from "./aligner.ts";
import { createGraphRecall } from "./graph-recall.ts";
import { loadGraphLibrary } from "./graph-library.ts";
import { createCompaction, type Compaction } from "./compaction.ts";
import { createLens } from "./lens.ts";
import { fittedFrom, partsOfLensKey, type Fitted, type Lens, type LensKey } from "./lens-types.ts";
import { createAnchorMemory, type AnchorMemory } from "./anchor-memory.ts";
import { createWaitingLists, listsMarkOf, listsOf } from "./partitions/space-lists.ts";
import { createPartitionRecall } from "./partitions/partition-recall.ts";
import { keptKind } from "./kept-kind.ts";
import { readProfile, type IndexProfile } from "./profile.ts";
import type { RecallCurve } from "./recall.ts";
import type { AnchorView, Changes } from "./types.ts";
import { createView, type Indexing } from "./view.ts";
import { kindFor, kindsFor } from "./transform.ts";
import { silentLog } from "../log.ts";

const MODALITIES = ["image", "text"] as const;
/** Memory is compacted when this share of its slots is dead. */
const DEAD_SHARE = 0.3;
/** Maximum number of passes over new anchors during compaction, before the rest is copied at once. */
const ROUNDS = 8;

export interface SpaceOptions {
  readonly imageDimension: number;
  readonly textDimension: number;
  /** The collection's default transform, for its status. */
  readonly transform: Transform;
  /** Fits that were saved before. */
  readonly transforms?: readonly TransformRecord[];
  readonly saveTransform?: (record: TransformRecord) => Promise<void>;
  readonly profile?: IndexProfile;
  /** Saved recall curves of graphs, by `modality/transform`. */
  readonly curves?: ReadonlyMap<string, RecallCurve>;
  /** Called after a compaction: memory no longer holds anchors that were deleted before it began. */
  readonly onCompacted?: () => void;
  readonly log?: Log;
}

/** Opens an empty memory for one collection; its anchors are applied to it. */
export const openAnchorSpace = async (options: SpaceOptions): Promise<AnchorSpace> => {
  const { imageDimension, textDimension, transform, transforms = [] } = options;
  const profile = options.profile ?? readProfile("default");
  const graphLibrary = await loadGraphLibrary();
  const saved = fittedFrom(transforms);
  const waiting = createWaitingLists();
  let memory: AnchorMemory = createAnchorMemory(imageDimension, textDimension);
  let lenses = new Map<LensKey, Lens>();
  const indexing: Indexing = {
    profile,
    hnswInstalled: graphLibrary !== undefined,
    recall: createGraphRecall((error) =>
      options.log?.warn(`the recall of a graph could not be measured: ${messageOf(error)}`),
    ),
    partitionRecall: createPartitionRecall((error) =>
      options.log?.warn(`the recall of partitions could not be measured: ${messageOf(error)}`),
    ),
    savedCurve: (modality, kind) => options.curves?.get(`${modality}/${kind}`),
  };
  let sequence = 0 as Sequence;
  let changes: Changes = { total: 0, removals: 0 };
  let view: AnchorView | undefined;
  let copying: Compaction | undefined;
  let compacting: Promise<void> | undefined;
  let closed = false;
  /** After a compaction failed, such as for lack of memory, the number of slots at which it is tried again. */
  let retryAt = 0;
  const versions = new Map<LensKey | AlignmentKind, number>(
    [...saved, ...alignmentsFrom(transforms)].map(([key, { version }]) => [key, version]),
  );

  const nextVersion = (key: LensKey | AlignmentKind): number => {
    const version = (versions.get(key) ?? 0) + 1;
    versions.set(key, version);
    return version;
  };

  const openLens = (
    into: AnchorMemory,
    modality: Modality,
    kind: TransformKind,
    carried: Fitted | undefined,
    from?: Lens,
  ): Lens =>
    createLens(
      kind,
      {
        modality,
        raw: into[modality],
        compare: into.compare,
        profile,
        graphLibrary,
        nextVersion: () => nextVersion(`${modality}/${kind}`),
        save: options.saveTransform ?? (() => Promise.resolve()),
        log: options.log ?? silentLog,
        isLive: (slot) => into.live()[slot] === 1,
        graphWanted: from?.graphWanted(),
        partitionsWanted: from?.partitionsWanted() ?? false,
        takeLists: (version) => waiting.take(modality, kind, version),
      },
      carried,
    );

  const openAligner = (into: AnchorMemory, carried: ReadonlyMap<AlignmentKind, FittedAlignment>): Aligner =>
    createAligner(
      {
        raw: into,
        compare: into.compare,
        nextVersion,
        save: options.saveTransform ?? (() => Promise.resolve()),
        log: options.log ?? silentLog,
      },
      carried,
    );
  let aligner = openAligner(memory, alignmentsFrom(transforms));

  /** Returns the lens of a modality and transform, which is created on first use. */
  const lensOf = (
    of: AnchorMemory,
    known: Map<LensKey, Lens>,
    modality: Modality,
    kind: TransformKind,
  ): Lens => {
    const key: LensKey = `${modality}/${kind}`;
    let lens = known.get(key);
    if (lens === undefined) known.set(key, (lens = openLens(of, modality, kind, saved.get(key))));
    return lens;
  };

  const takeView = (): AnchorView => {
    const [of, known] = [memory, lenses];
    const lens = (modality: Modality, kind: TransformKind): Lens => lensOf(of, known, modality, kind);
    return createView(of, { sequence, changes }, indexing, lens, aligner);
  };

  /** Copies the live anchors into new memory and swaps it in; existing views keep the old memory. */
  const copyAndSwap = async (): Promise<void> => {
    const fresh = createAnchorMemory(imageDimension, textDimension);
    const lensesOfFresh = new Map<LensKey, Lens>();
    const copy = createCompaction(memory, fresh);
    copying = copy;
    for (let round = 0; round < ROUNDS && (round === 0 || copy.left() > 0); round++) {
      await copy.copy();
      for (const [key, lens] of lenses) await warm(fresh, lensesOfFresh, key, lens);
    }
    if (closed) return;
    copy.finish();
    for (const [key, lens] of lenses) {
      const fitted = lens.fitted();
      if (fitted !== undefined) saved.set(key, fitted);
      if (lensesOfFresh.get(key)?.version() !== lens.version()) lensesOfFresh.delete(key);
      if ((lens.graphWanted() !== undefined || lens.partitionsWanted()) && !lensesOfFresh.has(key))
        lensesOfFresh.set(key, openLens(fresh, ...partsOfLensKey(key), fitted, lens));
      lens.close();
    }
    for (const modality of MODALITIES) memory[modality].close();
    memory = fresh;
    lenses = lensesOfFresh;
    waiting.clear();
    aligner.close();
    aligner = openAligner(fresh, aligner.fitted());
    view = undefined;
    retryAt = 0;
    options.onCompacted?.();
  };

  /** Transforms the copied anchors in advance, so that the first query after the swap does not wait for it. */
  const warm = async (
    fresh: AnchorMemory,
    known: Map<LensKey, Lens>,
    key: LensKey,
    lens: Lens,
  ): Promise<void> => {
    const fitted = lens.fitted();
    if (fitted === undefined || closed) return;
    let warmed = known.get(key);
    if (warmed?.version() !== fitted.version)
      known.set(key, (warmed = openLens(fresh, ...partsOfLensKey(key), fitted, lens)));
    await warmed.warm(fresh.entries.length);
  };

  const bytesFor = (count: number): number => {
    const shown = [...lenses.values()].reduce((sum, lens) => sum + lens.bytesAnAnchor(), 0);
    return count * (BYTES_AN_ANCHOR + 4 * (imageDimension + textDimension) + shown);
  };

  const compact = (): Promise<void> =>
    (compacting ??= withMemory(
      { bytes: bytesFor(memory.size()), what: "Compacting memory" },
      copyAndSwap,
    ).finally(() => {
      copying = undefined;
      compacting = undefined;
    }));

  return {
    apply: (change) => {
      const hidden = memory.apply(change);
      copying?.hidden(hidden);
      changes = {
        total: changes.total + change.upserts.length + hidden.length,
        removals: changes.removals + hidden.length,
      };
      sequence = change.sequence;
      view = undefined;
      const slots = memory.entries.length;
      if (slots - memory.size() > DEAD_SHARE * slots && slots >= retryAt && compacting === undefined)
        compact().catch((error: unknown) => {
          retryAt = 1.1 * slots;
          options.log?.warn(`memory could not be compacted: ${messageOf(error)}`);
        });
    },
    restore: (anchors) => {
      changes = { ...changes, total: changes.total + anchors.entries.length };
      memory.append(anchors);
      view = undefined;
    },
    changes: () => changes,
    bytesFor,
    keepFits: (kept) => {
      const kinds = new Set(kindsFor(kept));
      for (const key of [...saved.keys(), ...lenses.keys()]) {
        if (kinds.has(partsOfLensKey(key)[1])) continue;
        lenses.get(key)?.close();
        lenses.delete(key);
        saved.delete(key);
      }
    },
    refit: async () => {
      const upTo = sequence;
      const keys = (): LensKey[] => [...new Set([...saved.keys(), ...lenses.keys()])];
      const lensAt = (key: LensKey): Lens => lensOf(memory, lenses, ...partsOfLensKey(key));
      const lags = (key: LensKey): boolean => {
        const fitted = lensAt(key).fitted();
        return fitted !== undefined && (fitted.sequence < upTo || !fitted.stored);
      };
      // Compaction may replace a lens meanwhile.
      for (let key = keys().find(lags); key !== undefined && !closed; key = keys().find(lags)) {
        const lens = lensAt(key);
        await lens.renew(takeView(), changes);
        const fitted = lens.fitted();
        if (fitted !== undefined) saved.set(key, fitted);
      }
      while (aligner.lags(upTo) && !closed) await aligner.renew(takeView(), changes);
    },
    compact: async () => {
      // A running compaction may have copied anchors that were deleted since.
      await compacting?.catch(() => undefined);
      if (memory.entries.length > memory.size()) await compact();
      for (const lens of lenses.values()) lens.dropHidden();
    },
    adopt: async (built) => {
      const [of, known] = [memory, lenses];
      const adopted = await adoptBuilt(built, {
        view: takeView(),
        changes,
        lensOf: (modality, kind) => lensOf(of, known, modality, kind),
        tell: indexing.recall.tell,
      });
      if (memory !== of)
        throw new AnchorageError("conflict", "Memory was compacted while the index was read; try again.");
      return adopted;
    },
    offerLists: waiting.put,
    fitVersion: (modality, kind) => lensOf(memory, lenses, modality, kind).version(),
    lists: (of) => listsOf(lenses, of, indexing.partitionRecall),
    listsMark: () => listsMarkOf(lenses, indexing.partitionRecall),
    view: () => (view ??= takeView()),
    sequence: () => sequence,
    status: (modality, wanted = transform) => {
      const kind = kindFor(modality, wanted, memory.size());
      const lens = lensOf(memory, lenses, modality, kind);
      return {
        kind: keptKind(lens, { profile, anchors: memory.size(), hasLibrary: graphLibrary !== undefined }),
        dimension: modality === "image" ? imageDimension : textDimension,
        vectors: memory.size(),
        tombstones: memory.entries.length - memory.size(),
        sequence,
        transform: lens.transform(),
        transformVersion: lens.version(),
        transformSequence: lens.fitted()?.sequence ?? sequence,
        graph: lens.graphStatus(),
        partitions: lens.partitionStatus(),
      };
    },
    close: () => {
      closed = true;
      indexing.recall.close();
      indexing.partitionRecall.close();
      for (const lens of lenses.values()) lens.close();
      for (const modality of MODALITIES) memory[modality].close();
      aligner.close();
    },
  };
};
