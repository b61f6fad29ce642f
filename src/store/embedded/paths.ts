import { join } from "node:path";

/** The data directory of PostgreSQL within `dataDir`. */
export const clusterIn = (dataDir: string): string => join(dataDir, "postgres");
/** The password file within `dataDir`. */
export const passwordFileIn = (dataDir: string): string => join(dataDir, "postgres.password");
/** The file within `dataDir` that a running PostgreSQL keeps locked. */
export const serverLockIn = (dataDir: string): string => join(dataDir, "postgres.lock");
/** What PostgreSQL prints. */
export const logFileIn = (dataDir: string): string => join(dataDir, "postgres.log");
