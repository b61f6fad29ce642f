import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { openCollections, type Collections } from "../../../src/collections/index.ts";
import { openEncoderRegistry } from "../../../src/encoders/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { collectingLog } from "../../support/log.ts";

/** What a process keeps from one start to the next. */
export interface Installation {
  readonly databaseUrl: string;
  readonly dataDir: string;
}

export interface RunningProcess {
  readonly collections: Collections;
  readonly lines: readonly string[];
  /** Where its snapshots are. */
  readonly directory: string;
  readonly stop: () => Promise<void>;
  /** Leaves the files as they were, as a kill does. */
  readonly crash: () => Promise<void>;
}

export const startProcess = async ({ databaseUrl, dataDir }: Installation): Promise<RunningProcess> => {
  const lines: string[] = [];
  const log = collectingLog(lines);
  const directory = join(dataDir, "indexes");
  const store = await openStore({ dataDir, databaseUrl, log });
  const encoders = await openEncoderRegistry({ folders: [], log });
  const collections = await openCollections(store, encoders, log, true, directory);
  const stop = async (): Promise<void> => {
    await collections.close();
    await encoders.close();
    await store.close();
  };
  return {
    collections,
    lines,
    directory,
    stop,
    crash: async () => {
      const kept = `${directory}.kept`;
      const had = await rename(directory, kept).then(
        () => true,
        () => false,
      );
      await stop();
      await rm(directory, { recursive: true, force: true });
      if (had) await rename(kept, directory);
    },
  };
};
