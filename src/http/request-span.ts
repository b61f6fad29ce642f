import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { traced } from "../tracing.ts";
import { headOf, type RequestHead } from "./request-head.ts";

/** A span for each request, a child of the span that its `traceparent` names. */
export const traceRequests: MiddlewareHandler = (c, next) =>
  inRequestSpan(headOf(c), async () => {
    await next();
    const route = routePath(c, -1);
    return { route: route.includes("*") ? null : route, status: c.res.status };
  });

/** @param answer returns the answer's status, and the pattern of the path, because ids are in the path */
export const inRequestSpan = (
  { method, header }: RequestHead,
  answer: () => Promise<{ readonly route: string | null; readonly status: number }>,
): Promise<void> => {
  const start = {
    name: method,
    attributes: { "http.request.method": method },
    request: { traceparent: header("traceparent") },
  };
  return traced(start, async (note) => {
    const { route, status } = await answer();
    note({
      ...(route === null ? {} : { "span.name": `${method} ${route}`, "http.route": route }),
      "http.response.status_code": status,
    });
  });
};
