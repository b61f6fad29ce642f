import { join } from "node:path";
import { silentLog } from "../../log.ts";
import { openInspection } from "../../store/index.ts";
import type { CollectionName } from "../../types.ts";
import { proveErasure, type Suspect } from "../erasure-proof/index.ts";
import type { WorkerContext } from "../../worker.ts";
import type { SearchedBytes } from "./api.ts";

export interface SearchTask {
  readonly dataDir: string;
  readonly collection: CollectionName;
  readonly suspects: readonly Suspect[];
}

export interface SearchCalls {
  /** Searches rows, the files of the embedded Postgres and DATA_DIR/indexes for what was deleted. */
  readonly search: (task: SearchTask) => Promise<SearchedBytes>;
}

const TRACES = 100;

export const open = (_: unknown, { signal }: WorkerContext): SearchCalls => ({
  search: async ({ dataDir, collection, suspects }) => {
    const inspection = await openInspection({ dataDir, databaseUrl: null, log: silentLog });
    try {
      const { findings, searched } = await proveErasure(inspection, {
        ...{ collection, suspects, receipt: null, signal },
        indexDirectory: join(dataDir, "indexes"),
      });
      const traced = findings.filter(({ traces }) => traces.length > 0);
      return {
        anchors: suspects.length,
        found: traced.length,
        traces: traced
          .flatMap(({ traces }) => traces.map(({ what, where }) => `${what}: ${where}`))
          .slice(0, TRACES),
        places:
          searched === null
            ? []
            : [
                `${searched.rows} rows of ${searched.tables} tables`,
                ...(searched.postgres === null
                  ? []
                  : [`${searched.postgres.files} files of Postgres (${searched.postgres.bytes} bytes)`]),
                `${searched.indexes.files} files under DATA_DIR/indexes (${searched.indexes.bytes} bytes)`,
              ],
      };
    } finally {
      await inspection.close();
    }
  },
});
