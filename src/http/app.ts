import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { isLoopback, type Config } from "../config.ts";
import { invalidField } from "../errors.ts";
import type { Log } from "../types.ts";
import {
  auditRequests,
  identifyCaller,
  refuseCrossOrigin,
  refuseRebinding,
  type AccessPlug,
  type AccessSettings,
} from "./access.ts";
import { userHeader } from "./trusted-proxy.ts";
import { addAnchors } from "./anchors.ts";
import { addCollections } from "./collections.ts";
import { addDocs } from "./docs.ts";
import { addEncoders } from "./encoders.ts";
import type { Core } from "../collections/index.ts";
import type { Routes } from "./endpoint.ts";
import { addIndexes } from "./indexes.ts";
import { addJobs } from "./jobs.ts";
import { createPage, PAGE_FOLDER } from "./page.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { answerError, refuse } from "./problem.ts";
import { addQueries } from "./queries.ts";
import { addReceipts, RECEIPT_HEADER } from "./receipts.ts";
import { SECURE_HEADERS } from "./secure-headers.ts";
import { addService } from "./service.ts";
import { currentRequestId, requestIds } from "./request-id.ts";
import { traceRequests } from "./request-span.ts";

/** Headers of answers that scripts of an allowed origin may read. */
const EXPOSED = ["X-Request-Id", "Location", "Retry-After", "ETag", RECEIPT_HEADER];

/** Who may use the service, as the settings say. */
export const accessSettings = ({
  apiKey,
  trustedProxy = [],
  userHeader: name = null,
  openDocs = true,
}: Pick<Config, "apiKey"> & Partial<Config>): AccessSettings => ({
  apiKey,
  openDocs,
  userOf: userHeader(trustedProxy, name),
});

/** Parts of the HTTP interface that a caller may make. */
export interface AppParts {
  /** Where the page was built that browsers get at `/`. */
  readonly pageFolder?: string;
  readonly metrics?: Metrics;
}

/**
 * The HTTP interface over an open core; a Hono app whose `fetch` a server is given.
 *
 * @param features their endpoints, and the keys that are accepted beside that of the settings
 * @param parts what is made here where it is absent
 *
 * @example
 * ```ts
 * const features = await openFeatures(core, FEATURES);
 * const app = createApp(core, features, config, log);
 * serve({ fetch: app.fetch, port: 8080 });
 * ```
 */
export const createApp = (
  core: Pick<Core, "store" | "encoders" | "jobs" | "collections">,
  features: { readonly routes: (routes: Routes) => void; readonly access?: AccessPlug | null },
  config: Pick<Config, "host" | "apiKey" | "bodyLimitBytes"> & Partial<Config>,
  log: Log,
  { pageFolder = PAGE_FOLDER, metrics = createMetrics(core) }: AppParts = {},
): OpenAPIHono => {
  const { access = null } = features;
  const { allowedOrigins = [], publicHosts = [] } = config;
  const page = createPage(pageFolder);
  const app = new OpenAPIHono();
  const routes: Routes = { app, bodyLimit: config.bodyLimitBytes, log };

  app.use(requestIds(log));
  app.use(traceRequests);
  app.use(metrics.measure);
  app.use(secureHeaders);
  if (isLoopback(config.host)) app.use(refuseRebinding(new Set(publicHosts)));
  if (access !== null) app.use(auditRequests(access, currentRequestId));
  app.use(refuseCrossOrigin(new Set(allowedOrigins)));
  if (allowedOrigins.length > 0)
    app.use(cors({ origin: [...allowedOrigins], exposeHeaders: EXPOSED, maxAge: 600 }));
  app.use(identifyCaller(accessSettings(config), access));
  app.use(checkPath);
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        refuse({
          code: "method-not-allowed",
          detail: `${c.req.method} is not answered here; ${methods.join(", ")} is.`,
          headers: { Allow: methods.join(", ") },
        }),
    }),
  );

  addCollections(routes, core);
  addAnchors(routes, core);
  addQueries(routes, core);
  features.routes(routes);
  addIndexes(routes, core);
  addReceipts(routes, core);
  addEncoders(routes, core);
  addJobs(routes, core);
  addService(routes, core, metrics, page);
  addDocs(app);

  app.notFound((c) =>
    refuse({
      code: "not-found",
      detail: `There is nothing at ${c.req.path}. GET /docs shows what there is; in an id a slash is written %2F.`,
    }),
  );
  app.onError((error, c) => answerError(error, c, log));
  return app;
};

const secureHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of Object.entries(SECURE_HEADERS))
    if (name !== "Content-Security-Policy" || !headers.has(name)) headers.set(name, value);
};

/** A path that cannot be decoded would otherwise be taken for an id with percent signs in it. */
const checkPath: MiddlewareHandler = async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    throw invalidField(["path"], "is not percent-encoded UTF-8");
  }
  await next();
};
