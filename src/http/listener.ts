import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { isLoopback, type Config } from "../config.ts";
import type { Core } from "../collections/index.ts";
import type { Log } from "../types.ts";
import type { AccessPlug } from "./access.ts";
import { accessSettings } from "./app.ts";
import { createDirectQueries } from "./direct-queries.ts";
import type { Metrics } from "./metrics.ts";
import { directQueries } from "./queries.ts";

/** What {@link createApp} was given. */
export interface ListenerParts {
  readonly core: Pick<Core, "collections">;
  readonly features: { readonly access?: AccessPlug | null };
  readonly config: Pick<Config, "host" | "apiKey" | "bodyLimitBytes"> & Partial<Config>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/**
 * The HTTP interface as a listener of Node's server: searches and facets are answered directly, everything else by the
 * framework.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * const metrics = createMetrics(core);
 * const features = await openFeatures(core, FEATURES);
 * const app = createApp(core, features, config, log, { metrics });
 * createServer(SERVER_OPTIONS, createListener(app, { core, features, config, metrics, log })).listen(8080);
 * ```
 */
export const createListener = (
  app: Pick<OpenAPIHono, "fetch">,
  { core, features, config, metrics, log }: ListenerParts,
): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const framework = getRequestListener(app.fetch);
  const answersDirectly = createDirectQueries({
    queries: directQueries(core),
    access: accessSettings(config),
    plug: features.access ?? null,
    publicHosts: isLoopback(config.host) ? new Set(config.publicHosts) : null,
    metrics,
    bodyLimit: config.bodyLimitBytes,
    log,
  });
  return (request, response) => {
    if (!answersDirectly(request, response)) void framework(request, response);
  };
};
