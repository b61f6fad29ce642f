import { openCore, type Core, type CoreOptions } from "./collections/index.ts";
import type { Config } from "./config.ts";
import { FEATURES, openFeatures, type Feature, type OpenedFeatures } from "./features/index.ts";
import type { Log } from "./types.ts";

/** The whole of Anchorage in one process, without HTTP: what the service and the scripts build on. */
export interface Service {
  readonly core: Core;
  readonly features: OpenedFeatures;
  /** Ends jobs, waits for what runs, frees features, encoders and indexes, stops Postgres. */
  close(): Promise<void>;
}

export interface ServiceOptions extends Partial<CoreOptions> {
  /** In place of all that this Anchorage has. */
  readonly features?: readonly Feature[];
}

/**
 * Opens the core under `config.dataDir`, which no other process may hold, with its features.
 *
 * @throws AnchorageError `data-dir-busy` where another process holds it, `unavailable` where Postgres does not answer.
 */
export const openService = async (
  config: Pick<Config, "dataDir" | "databaseUrl"> &
    Partial<Pick<Config, "consensusHttpHosts" | "classificationMethods">>,
  log: Log,
  { preload = true, features: plugged = FEATURES }: ServiceOptions = {},
): Promise<Service> => {
  const core = await openCore(config, log, { preload });
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
