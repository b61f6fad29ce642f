import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDecoders, type Decoders } from "./features/epalm/adapters/index.ts";
import { openCollections, type Collections } from "./collections/index.ts";
import { decoderDirectory, encoderDirectory, networkDirectory, type Config } from "./config.ts";
import { importDefaultEncoders, openEncoderRegistry, type EncoderRegistry } from "./encoders/index.ts";
import { removeIndexFiles } from "./retrieval/index-files/index.ts";
import { openJobs, type Jobs } from "./collections/jobs/index.ts";
import { closeKernels, hnswAvailable, openMachineCosts } from "./retrieval/index.ts";
import { lockDataDir, openStore, type Store } from "./store/index.ts";
import type { Log } from "./types.ts";

/** The whole of Anchorage in one process, without HTTP: what the service and the scripts stand on. */
export interface Anchorage {
  readonly store: Store;
  readonly encoders: EncoderRegistry;
  readonly jobs: Jobs;
  readonly collections: Collections;
  /** The language models under {@link decoderDirectory}. */
  readonly decoders: Decoders;
  /** Ends jobs, waits for what runs, frees encoders and indexes, stops Postgres. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Whether collections are loaded now, as a service wants it, rather than when they are first asked for. */
  readonly preload: boolean;
}

/**
 * Opens everything under `config.dataDir`, which no other process may hold.
 *
 * @throws AnchorageError `data-dir-busy` where another process holds it, `unavailable` where Postgres does not answer.
 */
export const openAnchorage = async (
  config: Pick<Config, "dataDir" | "databaseUrl">,
  log: Log,
  { preload }: OpenOptions = { preload: true },
): Promise<Anchorage> => {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    // Last opened, first closed; one that fails must not keep the others open.
    const failures: unknown[] = [];
    for (const end of closing.splice(0).reverse())
      await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
  };
  const opened = <T extends { close(): Promise<void> }>(part: T): T => {
    closing.push(() => part.close());
    return part;
  };
  try {
    const { dataDir, databaseUrl } = config;
    await mkdir(dataDir, { recursive: true });
    const lock = await lockDataDir(dataDir);
    closing.push(() => lock.release());
    const opening = openStore({ dataDir, databaseUrl, log }).then(opened);
    const importing = importDefaultEncoders({ directory: encoderDirectory(dataDir), log });
    // Where one fails the other must have ended before anything is closed.
    await Promise.allSettled([opening, importing]);
    const store = await opening;
    await importing;
    const hnsw = await hnswAvailable();
    if (!hnsw.available) log(hnsw.reason);
    closing.push(closeKernels);
    const indexes = join(dataDir, "indexes");
    opened(await openMachineCosts(join(indexes, "costs.json"), log));
    const encoders = opened(
      await openEncoderRegistry({
        folders: [encoderDirectory(dataDir)],
        networks: networkDirectory(dataDir),
        log,
      }),
    );
    const decoders = opened(openDecoders(decoderDirectory(dataDir)));
    const collections = opened(
      await openCollections(store, encoders, log, preload, indexes, (name, sequence) =>
        removeIndexFiles(indexes, name, sequence),
      ),
    );
    const jobs = opened(await openJobs(store, log));
    return { store, encoders, jobs, collections, decoders, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
};
