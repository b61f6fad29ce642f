import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { traced } from "../tracing.ts";

/** A span for each request, a child of the span that its `traceparent` names. */
export const traceRequests: MiddlewareHandler = (c, next) => {
  const { method } = c.req;
  const start = {
    name: method,
    attributes: { "http.request.method": method },
    request: { traceparent: c.req.header("traceparent") },
  };
  return traced(start, async (note) => {
    await next();
    // The pattern and not the path, in which ids are.
    const route = routePath(c, -1);
    note({
      ...(route.includes("*") ? {} : { "span.name": `${method} ${route}`, "http.route": route }),
      "http.response.status_code": c.res.status,
    });
  });
};
