import { curveFile, openAnchorSpace, readCurves, type AnchorSpace } from "../retrieval/index.ts";
import type { CollectionRecord, Store } from "../store/index.ts";
import type { Log } from "../types.ts";
import { createErasure, type RemoveBuilt } from "./erasure.ts";
import { fillSpace, keepInStep, type OpenCollection } from "./memory.ts";
import type { Snapshots } from "./snapshots.ts";

/**
 * How a collection comes into memory: from its newest snapshot where that can be used, else from Postgres.
 *
 * @param snapshots absent where there is no place for files
 */
export const createLoader =
  (
    store: Store,
    snapshots: Snapshots | undefined,
    log: Log,
    indexDirectory: string | undefined,
    removeBuilt: RemoveBuilt,
  ) =>
  async (record: CollectionRecord, onGap: () => void): Promise<OpenCollection> => {
    const started = performance.now();
    let afterCompaction = (): void => undefined;
    const newSpace = (): Promise<AnchorSpace> =>
      openSpace(store, record, log, indexDirectory, () => afterCompaction());
    const restored = (await snapshots?.restore(record, newSpace)) ?? null;
    const space = restored?.space ?? (await fillSpace(store, record, await newSpace()));
    if (record.anchorCount > 0) {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const source = restored === null ? "" : " from a snapshot";
      log(`collection ${record.name}: ${space.view().size} anchors loaded${source} in ${seconds} s`);
    }
    // Memory may have come to a sequence at which its defaults were others than when the record was read.
    const present = await store.findCollection(record.name);
    const collection = keepInStep(store, present?.key === record.key ? present : record, space, onGap);
    const keeper = snapshots?.keep(record, space, restored?.changes ?? 0);
    const erasure = createErasure(store, record, space, keeper, removeBuilt, log);
    ({ afterCompaction } = erasure);
    const close = (): void => {
      erasure.close();
      void keeper?.close();
      collection.close();
    };
    return { ...collection, erasure, ...(keeper === undefined ? {} : { snapshots: keeper }), close };
  };

const openSpace = async (
  store: Store,
  record: CollectionRecord,
  log: Log,
  directory: string | undefined,
  onCompacted: () => void,
): Promise<AnchorSpace> =>
  openAnchorSpace({
    ...(directory === undefined
      ? {}
      : { curves: await readCurves(curveFile(directory, record.name), record.createdAt) }),
    imageDimension: record.imageEncoder.dimension,
    textDimension: record.textEncoder.dimension,
    transform: record.transform,
    transforms: await store.loadTransforms(record),
    saveTransform: (transform) => store.saveTransform(record, transform),
    onCompacted,
    log: (line) => log(`collection ${record.name}: ${line}`),
  });
