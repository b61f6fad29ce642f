import { join } from "node:path";
import { encoderDirectory, networkDirectory, type Config } from "../config.ts";
import { openEncoderRegistry, type EncoderSource } from "../encoders/index.ts";
import { closeKernels, openMachineCosts } from "../retrieval/index.ts";
import { closeToOthers, explainFullDisk, lockDataDir, makeRoomToStart, openStore } from "../store/index.ts";
import type { Log } from "../types.ts";
import { openCollections } from "./collections.ts";
import type { OwnedCore } from "./core.ts";
import { openJobs } from "./jobs/index.ts";

export interface CoreOptions {
  /** Whether collections are loaded now, as a service wants it, rather than at first use. */
  readonly preload: boolean;
  /** Whether requests that change something are recorded in a file of DATA_DIR. */
  readonly audit?: boolean;
  /** Encoders beside those in the folders of DATA_DIR; none by default. */
  readonly encoderSources?: readonly EncoderSource[];
}

/**
 * Opens everything under `config.dataDir`, which no other process may hold.
 *
 * @throws AnchorageError `data-dir-busy` where another process holds it, `unavailable` where Postgres does not answer.
 */
export const openCore = async (
  config: Pick<Config, "dataDir" | "databaseUrl"> &
    Partial<Pick<Config, "consensusHttpHosts" | "classificationMethods" | "maxPixels" | "apiKey">> & {
      readonly postgresBin?: string | null;
    },
  log: Log,
  { preload, audit = false, encoderSources = [] }: CoreOptions,
): Promise<OwnedCore> => {
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
    const { dataDir, databaseUrl, maxPixels, postgresBin = null } = config;
    if (databaseUrl === null) await makeRoomToStart(dataDir, log);
    const lock = await lockDataDir(dataDir);
    closing.push(() => lock.release());
    await closeToOthers(dataDir, log);
    // A program's umask may open what is written meanwhile.
    closing.push(() => closeToOthers(dataDir, log));
    const opening = openStore({ dataDir, databaseUrl, postgresBin, log }).then(opened);
    const directory = encoderDirectory(dataDir);
    const importing = Promise.all(encoderSources.map((source) => source.importInto({ directory, log })));
    // Where one fails the other must have ended before anything is closed.
    await Promise.allSettled([opening, importing]);
    const store = await opening;
    await importing;
    closing.push(closeKernels);
    const indexes = join(dataDir, "indexes");
    opened(await openMachineCosts(join(indexes, "costs.json"), log));
    const encoders = opened(
      await openEncoderRegistry({
        folders: [directory],
        networks: {
          directory: networkDirectory(dataDir),
          known: encoderSources.flatMap(({ networks }) => networks),
        },
        ...(maxPixels === undefined ? {} : { maxPixels }),
        log,
      }),
    );
    const collections = opened(await openCollections(store, encoders, log, preload, indexes));
    const jobs = opened(await openJobs(store, log));
    const { consensusHttpHosts = "", classificationMethods = "", apiKey = null } = config;
    const settings = { dataDir, consensusHttpHosts, classificationMethods, apiKey, audit };
    return { store, encoders, jobs, collections, settings, log, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw await explainFullDisk(config.dataDir, error);
  }
};
