import { resolve } from "node:path";
import { openCore, type Core, type CoreOptions } from "./collections/index.ts";
import type { Config } from "./config.ts";
import { createClient, type AnchorageClient } from "./features/client.ts";
import { FEATURES, openFeatures, type Feature, type OpenedFeatures } from "./features/index.ts";
import { createApp, createInProcessFetch } from "./http/index.ts";
import type { Log } from "./types.ts";
import { silentLog } from "./log.ts";
import { startSample } from "./features/sample/index.ts";

/** All of Anchorage in one process, without HTTP: the base of the service and of the scripts. */
export interface Service {
  readonly core: Core;
  readonly features: OpenedFeatures;
  /** Cancels jobs, waits for running work, releases features, encoders and indexes, and stops Postgres. */
  close(): Promise<void>;
}

export interface ServiceOptions extends Partial<Omit<CoreOptions, "encoderSources">> {
  /** Replaces the built-in features. */
  readonly features?: readonly Feature[];
}

/**
 * Opens the core under `config.dataDir`, which no other process may hold, and its features.
 *
 * @throws AnchorageError `data-dir-busy` if another process holds it, `unavailable` if Postgres does not
 * answer.
 */
export const openService = async (
  config: Pick<Config, "dataDir" | "databaseUrl"> &
    Partial<Pick<Config, "consensusHttpHosts" | "classificationMethods" | "apiKey">>,
  log: Log,
  { preload = true, audit = false, features: plugged = FEATURES }: ServiceOptions = {},
): Promise<Service> => {
  const encoderSources = await Promise.all(
    plugged.flatMap(({ encoders }) => (encoders === undefined ? [] : [encoders()])),
  );
  const core = await openCore(config, log, { preload, audit, encoderSources });
  try {
    const features = await openFeatures(core, plugged);
    return {
      core,
      features,
      close: async () => {
        await features.close().finally(() => core.close());
      },
    };
  } catch (error) {
    await core.close().catch(() => undefined);
    throw error;
  }
};

export interface AnchorageOptions {
  /** Directory of Postgres, encoders and indexes; default `./data`. Only one process may use it. */
  readonly dataDir?: string;
  /** URL of an external Postgres, such as `postgres://user:password@host/database`; default: the embedded one. */
  readonly databaseUrl?: string;
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
  /** Replaces the built-in features. */
  readonly features?: readonly Feature[];
}

/** Anchorage in this process: the same methods, answers and errors as over HTTP. */
export interface Anchorage extends AnchorageClient {
  /** Cancels jobs, waits for running work, and stops Postgres. */
  close(): Promise<void>;
}

/** No request leaves the process, but the HTTP layer only accepts an address of this form. */
const IN_PROCESS = "http://anchorage.localhost";

/**
 * Opens Anchorage in this process, without a server. Its methods are those of `createClient`, with the same checks and
 * errors; bodies may have any size.
 *
 * @throws AnchorageError `data-dir-busy` if another process holds `dataDir`, `unavailable` if Postgres does not
 * answer
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
  const { log = silentLog, preload = false, resume = false, sample = false, features } = options;
  const config = {
    dataDir: resolve(options.dataDir ?? "./data"),
    databaseUrl: options.databaseUrl ?? null,
    consensusHttpHosts: options.consensusHttpHosts ?? "",
  };
  const service = await openService(config, log, {
    preload,
    ...(features === undefined ? {} : { features }),
  });
  try {
    const settings = { host: "localhost", apiKey: null, bodyLimitBytes: Infinity };
    const app = createApp(service.core, { routes: service.features.routes }, settings, log);
    const client = createClient({ url: IN_PROCESS, fetch: createInProcessFetch(app) });
    if (resume) await service.features.resume();
    if (sample) await startSample(service.core, log);
    return { ...client, close: () => service.close() };
  } catch (error) {
    await service.close().catch(() => undefined);
    throw error;
  }
};
