import { onTestFinished } from "vitest";
import type { Anchor } from "../../src/api/anchors.ts";
import { openCollections, type Collections } from "../../src/collections/index.ts";
import { openJobs, type Jobs } from "../../src/collections/jobs/index.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import { FEATURES, openFeatures } from "../../src/features/index.ts";
import type { Store } from "../../src/store/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../src/types.ts";
import { openTestStore, type TestDatabase } from "../support/postgres.ts";
import { collectingLog } from "../support/log.ts";

export const BIRDS = "birds" as CollectionName;

export interface Peer {
  readonly store: Store;
  readonly collections: Collections;
  readonly jobs: Jobs;
  readonly logged: readonly string[];
  /** As a service stops; also at the end of the test. */
  readonly stop: () => Promise<void>;
}

/**
 * What one process has of the database that several share: a store with a DATA_DIR of its own, and memory.
 *
 * @param indexDirectory where its snapshots are; absent: it has none
 */
export const openPeer = async (database: TestDatabase, indexDirectory?: string): Promise<Peer> => {
  const logged: string[] = [];
  const log = collectingLog(logged);
  const store = await openTestStore(database);
  const encoders = await openEncoderRegistry({ folders: [], log });
  const collections = await openCollections(store, encoders, log, true, indexDirectory);
  const jobs = await openJobs(store, log);
  const settings = {
    dataDir: null,
    consensusHttpHosts: "",
    classificationMethods: "",
    apiKey: null,
    audit: false,
  };
  const features = await openFeatures({ store, encoders, jobs, collections, settings, log }, FEATURES);
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await features.close();
    await jobs.close();
    await collections.close();
    await encoders.close();
  };
  onTestFinished(stop);
  return { store, collections, jobs, logged, stop };
};

export const createBirds = ({ collections }: Peer) =>
  collections.create({
    name: BIRDS,
    imageEncoder: { external: { dimension: 3 } },
    textEncoder: { external: { dimension: 2 } },
  });

export const bird = (id: string, x = 1): Anchor => ({
  id: id as AnchorId,
  text: `the caption of ${id}`,
  imageVector: [x, 1, 0.5],
  textVector: [x, 1],
  metadata: { x },
});

/** The ids that a process finds by memory alone, at `minSequence` or later. */
export const found = async ({ collections }: Peer, minSequence?: Sequence): Promise<string[]> => {
  const { hits } = await collections.search(BIRDS, {
    query: { vector: [1, 1, 0.5], modality: "image" },
    target: "image",
    limit: 1_000,
    ...(minSequence === undefined ? {} : { minSequence }),
  });
  return hits.map(({ id }) => id as string).sort();
};
