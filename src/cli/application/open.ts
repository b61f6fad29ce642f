import { isLoopback, type Config } from "../../config.ts";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { inProcess } from "./in-process.ts";
import { overHttp } from "./over-http.ts";
import type { Application } from "./types.ts";

const PROBE_MS = 2_000;

/**
 * Anchorage for a script: the service at `url` where one is given, else DATA_DIR, opened here. Where a running service
 * holds DATA_DIR and the settings say that it is on this machine, it is asked instead, and a line says so.
 *
 * @throws AnchorageError `data-dir-busy` where DATA_DIR is held and no service answers, `unavailable` where the
 * service at `url` does not.
 */
export const openApplication = async (options: {
  readonly url: string | undefined;
  readonly config: Config;
  readonly log: Log;
}): Promise<Application> => {
  const { url, config, log } = options;
  if (url !== undefined) return overHttp(await running(url), config.apiKey);
  try {
    return await inProcess(config, log);
  } catch (error) {
    if (!(error instanceof AnchorageError) || error.code !== "data-dir-busy") throw error;
    const service = serviceUrl(config);
    const answers = service !== null && (await isAnchorage(service));
    if (service === null || !answers) {
      const advice =
        service === null
          ? "Or give the address of the service that runs by --url."
          : `No service answers at ${service}; one that listens elsewhere can be given by --url.`;
      throw new AnchorageError("data-dir-busy", `${error.message} ${advice}`, { cause: error });
    }
    log(`${config.dataDir} is in use; asking the service at ${service}`);
    return overHttp(service, config.apiKey);
  }
};

/** Where the service listens by the same settings; null where that is not on this machine, or not known. */
const serviceUrl = ({ host, port }: Config): string | null => {
  if (!isLoopback(host) || port === 0) return null;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
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
