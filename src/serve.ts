import { createServer, type RequestListener, type Server } from "node:http";
import { openService, type Service } from "./anchorage.ts";
import type { Config } from "./config.ts";
import { AnchorageError } from "./errors.ts";
import {
  createApp,
  createListener,
  createMetrics,
  limitPeers,
  SERVER_OPTIONS,
  type Metrics,
} from "./http/index.ts";
import { watchParent } from "./cli/parent.ts";
import { eraseWithin } from "./collections/index.ts";
import { announceService } from "./store/index.ts";
import type { Log } from "./types.ts";
import { createServiceLog } from "./service-log.ts";
import { startSample } from "./features/sample/index.ts";
import { startTelemetry, type Telemetry } from "./telemetry/index.ts";

/** The service promises to be gone within 10 s of SIGTERM; what has not ended by then is cut off, as kill -9 would. */
const STOP_WITHIN_MS = 9_000;
/** How long requests that are being answered may take to finish. */
const DRAIN_MS = 3_000;

const write = (text: string): void => void process.stdout.write(text);

const logOf = ({ logFormat, logLevel, underNpm }: Config): Log =>
  createServiceLog({
    format: logFormat ?? (process.stdout.isTTY || underNpm ? "text" : "json"),
    level: logLevel,
    write,
  });

/**
 * Runs the service until `stopping` is aborted: opens DATA_DIR, listens, and closes everything at the end.
 *
 * @throws AnchorageError `data-dir-busy` if another process holds DATA_DIR, `unavailable` if the port is taken or
 * Postgres does not answer
 * @example
 * await runService(readConfig(process.env), AbortSignal.timeout(60_000));
 */
export const runService = async (config: Config, stopping: AbortSignal): Promise<void> => {
  // The reader of the log may go away; the service continues.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  // What the service writes is for its own user alone.
  process.umask(0o077);
  stopping.addEventListener("abort", () => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  });
  if (config.underNpm) watchParent(() => process.kill(process.pid, "SIGTERM"));
  const log = logOf(config);
  const service = await openService(config, log, { audit: true });
  if (stopping.aborted) await service.close();
  else await offer(service, config, log, stopping);
};

/** Listens until `stopping` is aborted. */
const offer = async (service: Service, config: Config, log: Log, stopping: AbortSignal): Promise<void> => {
  const metrics = createMetrics(service.core);
  const closing = async (error: unknown): Promise<never> => {
    await service.close();
    throw error;
  };
  const telemetry = await telemetryOf(config, metrics).catch(closing);
  const { core, features } = service;
  const app = createApp(core, features, config, log, { metrics });
  const listener = createListener(app, { core, features, config, metrics, log });
  const server = await listen(listener, config.host, config.port).catch(closing);
  const stopAll = (): Promise<void> => stop(server, service, telemetry, log);
  await announceService(config.dataDir, addressOf(server, config.host));
  if (stopping.aborted) return stopAll();
  const stopped = new Promise<void>((resolve, reject) => {
    stopping.addEventListener("abort", () => {
      stopAll().then(resolve, reject);
    });
  });
  await service.features.resume();
  if (config.eraseWithinMs !== null)
    eraseWithin(service.core, config.eraseWithinMs, stopping, log).catch((error: unknown) =>
      log.error("nothing is erased of itself any more", { error }),
    );
  if (config.sample) await startSample(service.core, log);
  await stopped;
};

/** Where a process on this machine reaches the service. */
const addressOf = (server: Server, host: string): string =>
  urlOf(server, host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host);

const urlOf = (server: Server, host: string): string => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
};

const listen = (listener: RequestListener, host: string, port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer(SERVER_OPTIONS, listener);
    limitPeers(server);
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "the port is taken; choose another by PORT" : error.message;
      reject(new AnchorageError("unavailable", `cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => {
      // A plain line whatever the log's format: scripts wait for it.
      write(`listening on ${urlOf(server, host)}\n`);
      resolve(server);
    });
  });

const telemetryOf = async ({ telemetry }: Config, metrics: Metrics): Promise<Telemetry | null> =>
  telemetry === null ? null : startTelemetry(telemetry, () => metrics.series());

const stop = async (
  server: Server,
  service: Service,
  telemetry: Telemetry | null,
  log: Log,
): Promise<void> => {
  log.info("stopping");
  const drained = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
  await drained;
  await telemetry?.close();
  await service.close();
  log.info("stopped");
};
