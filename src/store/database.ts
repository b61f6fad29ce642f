import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { messageOf } from "../errors.ts";
import type { Log } from "../types.ts";
import { asDomainError } from "./trouble.ts";

/** drizzle's queries, over the pool or inside a transaction. */
export type Queries = NodePgDatabase;

export interface Transaction {
  readonly queries: Queries;
  /** For COPY, which drizzle does not speak. */
  readonly client: pg.ClientBase;
}

/** A pool of connections that outlives the server's restarts. What its functions throw is the domain's error. */
export interface Database {
  /** The id of this DATA_DIR, made once: jobs and erasures are recorded under it. Empty where there is none yet. */
  readonly installation: string;
  query<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** One connection, no transaction: for what must not be in one, or reads as long as it takes without keeping a view. */
  session<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Commits when `work` resolves, otherwise rolls back. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** One unchanging view of all tables, for reading only. */
  snapshot<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Each collection that is being loaded holds one for as long as it takes. */
const MAX_CONNECTIONS = 16;
const PATIENCE_MS = 30_000;

interface PoolConfig extends Omit<pg.PoolConfig, "onConnect"> {
  /** Waited for, which its type in pg does not say. */
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
}

/** @param patienceMs how long a request waits for a connection, and for each lock that another holds; 30 s where absent */
export const openDatabase = (
  connection: pg.ClientConfig,
  installation: string,
  log: Log,
  patienceMs: number = PATIENCE_MS,
): Database => {
  const config: PoolConfig = {
    ...connection,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: patienceMs,
    application_name: "anchorage",
    keepAlive: true,
    onConnect: async (client) => {
      // Not in the startup packet, which poolers refuse; and not where the server's administrator has set one.
      await client.query(
        "SELECT set_config('lock_timeout', $1, false) WHERE current_setting('lock_timeout') = '0'",
        [String(patienceMs)],
      );
    },
  };
  const pool = new pg.Pool(config);
  let closing = false;
  // A connection that breaks emits "error", at work or idle; unheard, that would end the process.
  pool.on("error", (error) => {
    if (!closing) log(`a connection to Postgres broke: ${error.message}`);
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
      // A connection is closed after any failure: its server then rolls back, even in the middle of a COPY.
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
      return await work();
    } catch (error) {
      throw asDomainError(error);
    }
  };

  return {
    installation,
    query: (work) => understood(() => work(pooled)),
    session: (work) => understood(() => session(work)),
    transaction: (work) => understood(() => within("BEGIN ISOLATION LEVEL READ COMMITTED", work)),
    snapshot: (work) => understood(() => within("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)),
    close: () => {
      closing = true;
      return pool.end();
    },
  };
};
