import { curveFile, openAnchorSpace, readCurves, type AnchorSpace } from "../retrieval/index.ts";
import { AnchorageError, isAnchorageError } from "../errors.ts";
import { BYTES_AN_ANCHOR, requireMemory, withMemory, type MemoryNeed } from "../memory-budget.ts";
import {
  type CollectionRecord,
  type EncoderPair,
  type Store,
  loadTransforms,
  saveTransform,
  findCollection,
  readAll,
} from "../store/index.ts";
import type { Log, Sequence } from "../types.ts";
import type { BuiltIndexes } from "./built-indexes.ts";
import { createErasure } from "./erasure.ts";
import type { CollectionHooks } from "./hooks.ts";
import { keepInStep, type Beyond, type OpenCollection } from "./memory.ts";
import type { RestoredFrom, Snapshots } from "./snapshots.ts";

/** An empty memory of a collection, and how one that was filled becomes the collection's. */
export interface Unfilled {
  readonly space: AnchorSpace;
  /** @param restored the snapshot that the space was restored from; null where there is none */
  readonly assemble: (
    record: CollectionRecord,
    restored: RestoredFrom | null,
    beyond: Beyond,
  ) => OpenCollection;
}

export interface Loader {
  /**
   * A collection comes into memory: from its newest snapshot where that can be used, else from Postgres.
   *
   * @throws AnchorageError `conflict` where it has other encoders than `record` says
   */
  readonly load: (record: CollectionRecord, beyond: Beyond) => Promise<OpenCollection>;
  /** For vectors of other encoders than the collection has yet; nothing that is fitted on them is stored until then. */
  readonly beside: (record: CollectionRecord, encoders: EncoderPair) => Promise<Unfilled>;
}

/** @param snapshots and `built` absent where there is no place for files */
export const createLoader = (
  store: Store,
  snapshots: Snapshots | undefined,
  log: Log,
  directory: string | undefined,
  built: BuiltIndexes | undefined,
  hooks: CollectionHooks,
): Loader => {
  const unfilled = async (record: CollectionRecord, isBeside: boolean): Promise<Unfilled> => {
    let afterCompaction = (): void => undefined;
    let owner = isBeside ? null : record;
    const space = await openAnchorSpace({
      ...(directory === undefined
        ? {}
        : { curves: await readCurves(curveFile(directory, record.name), curvesOf(record)) }),
      imageDimension: record.imageEncoder.dimension,
      textDimension: record.textEncoder.dimension,
      transform: record.transform,
      transforms: isBeside ? [] : await loadTransforms(store, record),
      saveTransform: async (transform) => {
        if (owner !== null) await saveTransform(store, owner, transform);
      },
      onCompacted: () => afterCompaction(),
      log: log.child({ collection: record.name }),
    });
    return {
      space,
      assemble: (present, restored, beyond) => {
        owner = present;
        const collection = keepInStep(store, present, space, hooks, beyond);
        const keeper = snapshots?.keep(present, space, restored);
        const forgetBuilt = async (): Promise<void> => built?.forget(collection);
        const erasure = createErasure(store, present, space, keeper, forgetBuilt, hooks, log);
        ({ afterCompaction } = erasure);
        const close = (): void => {
          erasure.close();
          void keeper?.close();
          collection.close();
        };
        return { ...collection, erasure, ...(keeper === undefined ? {} : { snapshots: keeper }), close };
      },
    };
  };

  const load = async (record: CollectionRecord, beyond: Beyond): Promise<OpenCollection> => {
    const started = performance.now();
    const made: Unfilled[] = [];
    const newSpace = async (): Promise<AnchorSpace> => {
      const next = await unfilled(record, false);
      made.push(next);
      return next.space;
    };
    const restored = (await snapshots?.restore(record, newSpace)) ?? null;
    const space = restored?.space ?? (await fillSpace(store, record, await newSpace()));
    if (record.anchorCount > 0) {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const source = restored === null ? "" : " from a snapshot";
      log.info(`${space.view().size} anchors loaded${source} in ${seconds} s`, { collection: record.name });
    }
    // Memory may have come to a sequence at which its defaults were others than when the record was read.
    const present = await findCollection(store, record.name);
    const isSame = present?.key === record.key;
    if (isSame && !haveEncoders(record, present)) throw moved(record);
    const filled = made.find((one) => one.space === space);
    if (filled === undefined)
      throw new Error(`collection ${record.name} was loaded into no space of its own`);
    const collection = filled.assemble(isSame ? present : record, restored, beyond);
    // Not waited for: until it is adopted the exact index answers.
    void collection.erasure.apart(async () => built?.adoptAtStart(collection));
    return collection;
  };

  return {
    load: async (record, beyond) => {
      try {
        return await withMemory(needOf(record), () => load(record, beyond));
      } catch (error) {
        if (!isAnchorageError(error) || error.code !== "conflict") throw error;
        // It has moved since the record was read.
        const present = await findCollection(store, record.name);
        if (present?.key !== record.key || haveEncoders(record, present)) throw error;
        return load(present, beyond);
      }
    },
    beside: async (record, encoders) => {
      requireMemory(needOf({ ...record, ...encoders }));
      return unfilled({ ...record, ...encoders }, true);
    },
  };
};

/** What a collection takes in memory before anything is fitted. */
const needOf = ({ name, anchorCount, imageEncoder, textEncoder }: CollectionRecord): MemoryNeed => ({
  bytes: anchorCount * (BYTES_AN_ANCHOR + 4 * (imageEncoder.dimension + textEncoder.dimension)),
  what: `Loading collection "${name}"`,
});

export const haveEncoders = (a: EncoderPair, b: EncoderPair): boolean =>
  a.imageEncoder.key === b.imageEncoder.key && a.textEncoder.key === b.textEncoder.key;

const moved = ({ name }: CollectionRecord): AnchorageError =>
  new AnchorageError("conflict", `The collection "${name}" has moved to other encoders; try again.`);

const curvesOf = ({ createdAt, imageEncoder, textEncoder }: CollectionRecord) => ({
  createdAt,
  encoders: { image: imageEncoder.id, text: textEncoder.id },
});

/** Fills an empty `space` from Postgres. */
const fillSpace = async (
  store: Store,
  record: CollectionRecord,
  space: AnchorSpace,
): Promise<AnchorSpace> => {
  const sequence = await readAll(store, record, (batch) => {
    space.apply({ sequence: 0 as Sequence, upserts: batch, deletes: [] });
  });
  space.apply({ sequence, upserts: [], deletes: [] });
  return space;
};
