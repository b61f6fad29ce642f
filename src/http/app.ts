import { join } from "node:path";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { isLoopback, type Config } from "../config.ts";
import { invalidField } from "../errors.ts";
import type { Log } from "../types.ts";
import { refuseCrossOrigin, refuseRebinding, requireKey } from "./access.ts";
import { createAdapters, openDecoders } from "../features/epalm/adapters/index.ts";
import { addAdapters } from "../features/epalm/routes/adapters.ts";
import { addAdapterInputs } from "../features/epalm/routes/adapter-inputs.ts";
import { addAnchors } from "./anchors.ts";
import { addCalibration } from "../features/calibration/routes.ts";
import { openClassifiers } from "../features/consensus/classifiers/index.ts";
import { createRemotes } from "../features/consensus/remote/index.ts";
import { addCollections } from "./collections.ts";
import { addConsensus } from "../features/consensus/routes.ts";
import { addDocs } from "./docs.ts";
import { addEncoders } from "./encoders.ts";
import type { Service } from "./endpoint.ts";
import { addGenerate } from "../features/epalm/routes/generate.ts";
import { addJobs } from "./jobs.ts";
import { createMetrics } from "./metrics.ts";
import { answerError, refuse } from "./problem.ts";
import { addQueries } from "./queries.ts";
import { addReceipts } from "./receipts.ts";
import { addSelections } from "../features/selection/routes/selections.ts";
import { addTransferability } from "../features/selection/routes/transferability.ts";
import { addReencoding } from "../features/reencoding/routes.ts";
import { addTuning } from "../features/tuning/routes.ts";
import { addService } from "./service.ts";

/**
 * The service's HTTP interface over `anchorage`; a Hono app whose `fetch` a server is given.
 *
 * @example
 * ```ts
 * const app = createApp(anchorage, { host: "127.0.0.1", apiKey: null, bodyLimitBytes: 64 * 1024 * 1024 }, console.log);
 * serve({ fetch: app.fetch, port: 8080 });
 * ```
 */
export const createApp = (
  anchorage: Service["anchorage"],
  config: Pick<Config, "host" | "apiKey" | "bodyLimitBytes"> &
    Partial<Pick<Config, "consensusHttpHosts" | "dataDir">>,
  log: Log,
): OpenAPIHono => {
  const service: Service = { anchorage, bodyLimit: config.bodyLimitBytes, log };
  const metrics = createMetrics(service);
  const app = new OpenAPIHono();

  app.use(metrics.measure);
  app.use(secureHeaders);
  if (isLoopback(config.host)) app.use(refuseRebinding());
  app.use(refuseCrossOrigin());
  if (config.apiKey !== null) app.use(requireKey(config.apiKey));
  app.use(checkPath);
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        refuse("method-not-allowed", `${c.req.method} is not answered here; ${methods.join(", ")} is.`, {
          Allow: methods.join(", "),
        }),
    }),
  );

  addCollections(app, service);
  addAnchors(app, service);
  addQueries(app, service);
  addTuning(app, service);
  addReencoding(app, service);
  addCalibration(app, service);
  addTransferability(app, service);
  addSelections(app, service);
  const decoders = anchorage.decoders ?? openDecoders(null);
  addConsensus(app, service, {
    decoders,
    remotes: createRemotes(config.consensusHttpHosts ?? ""),
    classifiers: openClassifiers(
      config.dataDir === undefined ? undefined : join(config.dataDir, "classifiers"),
    ),
  });
  const adapters = createAdapters({ ...anchorage, decoders });
  addAdapterInputs(app, service, adapters);
  addAdapters(app, service, adapters);
  addGenerate(app, service, adapters);
  addReceipts(app, service);
  addEncoders(app, service);
  addJobs(app, service);
  addService(app, service, metrics);
  addDocs(app);

  app.notFound((c) =>
    refuse(
      "not-found",
      `There is nothing at ${c.req.path}. GET /docs shows what there is; in an id a slash is written %2F.`,
    ),
  );
  app.onError((error, c) => answerError(error, c, log));
  return app;
};

/** Nothing that is sent is guessed at, run, framed or embedded by a page of another origin. */
const secureHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  headers.set("Referrer-Policy", "no-referrer");
  if (!headers.has("Content-Security-Policy"))
    headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
};

/** A path that cannot be decoded would otherwise be taken for an id with percent signs in it. */
const checkPath: MiddlewareHandler = async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    throw invalidField("path", "is not percent-encoded UTF-8");
  }
  await next();
};
