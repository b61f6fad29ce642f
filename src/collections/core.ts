import type { EncoderRegistry } from "../encoders/index.ts";
import type { Store } from "../store/index.ts";
import type { Log } from "../types.ts";
import type { Jobs } from "./jobs/index.ts";
import type { Collections } from "./types.ts";

/** What an operator decides, as features need to know it. */
export interface CoreSettings {
  /** Where features keep files of their own, a folder each; null where there is no place for files. */
  readonly dataDir: string | null;
  /** Hosts that a request may have the service call, as `CONSENSUS_HTTP_HOSTS` lists them. */
  readonly consensusHttpHosts: string;
  /** Classification methods that are plugged in, as `CLASSIFICATION_METHODS` lists them. */
  readonly classificationMethods: string;
  /** The key of the settings, for sessions made from it; null where there is none. */
  readonly apiKey: string | null;
  /** Whether requests that change something are recorded in a file. */
  readonly audit: boolean;
}

/** The open core of Anchorage in one process: what the HTTP interface and every feature build on. */
export interface Core {
  readonly store: Store;
  readonly encoders: EncoderRegistry;
  readonly jobs: Jobs;
  readonly collections: Collections;
  readonly settings: CoreSettings;
  readonly log: Log;
}

/** The core as the process that opened it holds it. */
export interface OwnedCore extends Core {
  /** Ends jobs, waits for what runs, frees encoders and indexes, stops Postgres. */
  close(): Promise<void>;
}
