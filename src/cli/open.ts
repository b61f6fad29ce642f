import { openAnchorage } from "../index.ts";
import { isLoopback, type Config } from "../config.ts";
import { AnchorageError } from "../errors.ts";
import { createClient, type AnchorageClient } from "../features/client.ts";
import { serviceOfDataDir } from "../store/index.ts";
import { limitMemory } from "../memory-budget.ts";
import type { Log } from "../types.ts";

const PROBE_MS = 2_000;

/** Anchorage as a command uses it: in this process or over HTTP. */
export interface Connection extends AnchorageClient {
  /** For messages: an address or a directory. */
  readonly where: string;
  close(): Promise<void>;
}

/**
 * Anchorage for a command: the service at `url` where one is given, else DATA_DIR, opened in this process. Where a
 * running service holds DATA_DIR, that service is used instead, by the address that it left in the lock, and a message
 * says so.
 *
 * @throws AnchorageError `data-dir-busy` where DATA_DIR is held and no service answers, `unavailable` where the
 * service at `url` does not.
 */
export const openConnection = async (options: {
  readonly url: string | undefined;
  readonly config: Config;
  readonly log: Log;
}): Promise<Connection> => {
  const { url, config, log } = options;
  if (url !== undefined) return overHttp(await running(url), config.clientKey);
  const { dataDir, databaseUrl, consensusHttpHosts } = config;
  limitMemory(config.memoryLimit);
  try {
    const settings = { dataDir, consensusHttpHosts, log };
    const opened = await openAnchorage(databaseUrl === null ? settings : { ...settings, databaseUrl });
    return { ...opened, where: dataDir };
  } catch (error) {
    if (!(error instanceof AnchorageError) || error.code !== "data-dir-busy") throw error;
    const service = (await serviceOfDataDir(dataDir)) ?? serviceUrl(config);
    if (service === null || !(await isAnchorage(service))) {
      const advice =
        service === null
          ? "Or give the address of the service that runs by --url."
          : `No service answers at ${service}; one that listens elsewhere can be given by --url.`;
      throw new AnchorageError("data-dir-busy", `${error.message} ${advice}`, { cause: error });
    }
    log.info(`${dataDir} is in use; asking the service at ${service}`);
    return overHttp(service, config.clientKey);
  }
};

const overHttp = (url: string, apiKey: string | null): Connection => {
  const options = { url, fetch: keyedFetch(url) };
  const client = createClient(apiKey === null ? options : { ...options, apiKey });
  return { ...client, where: url, close: () => Promise.resolve() };
};

/** fetch that says how to give a key where the service refuses a request without a valid one. */
const keyedFetch =
  (url: string) =>
  async (address: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(address, init);
    if (response.status !== 401) return response;
    throw new AnchorageError(
      "unauthorized",
      `${url} requires a key: give it by --api-key or ANCHORAGE_API_KEY: the API_KEY of the service, or one of \`anchorage keys\``,
    );
  };

/** Where the service listens by the same settings; null where that is not on this machine, or not known. */
const serviceUrl = ({ host, port }: Config): string | null => {
  if (!isLoopback(host) || port === 0) return null;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
};

/** The address of the service that holds DATA_DIR or that the settings describe, if it is on this machine and answers. */
export const findService = async (config: Config): Promise<string | null> => {
  const service = (await serviceOfDataDir(config.dataDir)) ?? serviceUrl(config);
  return service !== null && (await isAnchorage(service)) ? service : null;
};

const running = async (url: string): Promise<string> => {
  if (await isAnchorage(url)) return url;
  throw new AnchorageError("unavailable", `No Anchorage service answers at ${url}.`);
};

const isAnchorage = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/`, {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(PROBE_MS),
    });
    const { name } = (await response.json()) as { name?: unknown };
    return name === "Anchorage";
  } catch {
    return false;
  }
};
