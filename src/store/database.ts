import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { messageOf } from "../errors.ts";
import type { Log } from "../types.ts";
import { watchAnswers } from "./answering.ts";
import type { PlannedWrite } from "./disk-space.ts";
import { asDomainError } from "./trouble.ts";

/** Drizzle's query builder, on the pool or within a transaction. */
export type Queries = NodePgDatabase;

/** A transaction on one connection. */
export interface Transaction {
  readonly queries: Queries;
  /** The raw connection, for COPY, which drizzle does not support. */
  readonly client: pg.ClientBase;
}

/** A connection pool that survives restarts of the server. Its methods throw domain errors. */
export interface Database {
  /** Id of this DATA_DIR, under which jobs and erasures are recorded; empty if there is none yet. */
  readonly installation: string;
  /** Runs queries outside a transaction. */
  query<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /**
   * Writes a record of a few bytes, or deletes rows, outside a transaction.
   *
   * @throws AnchorageError `unavailable` if the disk has no room
   */
  write<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** @throws AnchorageError `unavailable` if the disk of the embedded server has no room for `planned` */
  requireSpace(planned: PlannedWrite): Promise<void>;
  /** Runs `work` on one connection without a transaction: for commands that forbid one, or long reads. */
  session<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in a READ COMMITTED transaction; commits if it resolves, otherwise rolls back.
   *
   * @throws AnchorageError `unavailable` if the disk has no room for `planned`
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, planned?: PlannedWrite): Promise<T>;
  /** Runs `work` in a read-only REPEATABLE READ transaction: one consistent view of all tables. */
  snapshot<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Closes the pool. */
  close(): Promise<void>;
}

/** Each collection that is being loaded holds one connection for the duration of the load. */
const MAX_CONNECTIONS = 16;
const PATIENCE_MS = 30_000;
/** A process that stops within a transaction keeps the others from its collection no longer. */
const IDLE_MS = 60_000;
/** One statement of a write has at most 10 minutes, where the administrator has set no limit. */
const BEGIN_WRITE = `BEGIN ISOLATION LEVEL READ COMMITTED;
  SELECT set_config('statement_timeout', '600000', true) WHERE current_setting('statement_timeout') = '0'`;

interface PoolConfig extends Omit<pg.PoolConfig, "onConnect"> {
  /** Pg awaits it, although its type declarations do not say so. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
}

/**
 * @param patienceMs timeout for a connection from the pool and for each lock; default 30 s
 * @param requireSpace rejects where there is no room for a write
 */
export const openDatabase = (
  connection: pg.ClientConfig,
  installation: string,
  log: Log,
  patienceMs: number = PATIENCE_MS,
  requireSpace: (planned: PlannedWrite) => Promise<void> = () => Promise.resolve(),
): Database => {
  const answering = watchAnswers(connection, log);
  const config: PoolConfig = {
    ...answering.connection,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: patienceMs,
    application_name: "anchorage",
    keepAlive: true,
    onConnect: async (client) => {
      // Not in the startup packet, which connection poolers reject; a value set by the administrator takes precedence.
      await client.query(
        `SELECT set_config(name, given, false) FROM (VALUES ('lock_timeout', $1), ('idle_in_transaction_session_timeout', $2))
           AS wanted (name, given) WHERE current_setting(name) = '0'`,
        [String(patienceMs), String(IDLE_MS)],
      );
    },
  };
  const pool = new pg.Pool(config);
  let closing = false;
  // A broken connection emits "error", even when idle; without a listener that would end the process.
  pool.on("error", (error) => {
    if (!closing) log.warn(`a connection to Postgres broke: ${error.message}`);
  });
  pool.on("connect", (client) => client.on("error", () => undefined));
  const pooled = drizzle(pool);

  const session = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let broken: unknown;
    try {
      return await work(client);
    } catch (error) {
      broken = error;
      throw error;
    } finally {
      // Close the connection after any failure, so that the server rolls back, even in the middle of a COPY.
      client.release(broken === undefined ? undefined : new Error(messageOf(broken)));
    }
  };
  const within = <T>(begin: string, work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    session(async (client) => {
      await client.query(begin);
      const result = await work({ queries: drizzle(client), client });
      await client.query("COMMIT");
      return result;
    });
  const understood = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      answering.require();
      return await work();
    } catch (error) {
      throw asDomainError(error);
    }
  };

  return {
    installation,
    requireSpace,
    query: (work) => understood(() => work(pooled)),
    write: (work) =>
      understood(async () => {
        await requireSpace({ kind: "record" });
        return work(pooled);
      }),
    session: (work) => understood(() => session(work)),
    transaction: (work, planned = {}) =>
      understood(async () => {
        await requireSpace(planned);
        return within(BEGIN_WRITE, work);
      }),
    snapshot: (work) => understood(() => within("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)),
    close: async () => {
      closing = true;
      await answering.close();
      await pool.end();
    },
  };
};
