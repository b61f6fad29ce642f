import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { currentLogFields, withLogFields } from "../log.ts";
import type { Log } from "../types.ts";
import { headOf, type RequestHead } from "./request-head.ts";

export const REQUEST_ID = "X-Request-Id";

/** What is taken over from a client: nothing that a log or a header would have to escape. */
const WELL_FORMED = /^[A-Za-z0-9._:@=+/-]{1,128}$/;

/**
 * Gives each request an id: the one that a client or a proxy sent as `X-Request-Id` where it is well-formed, else a random
 * UUID. The answer has it as a header, each log line made meanwhile as `requestId`, and each problem as `requestId`.
 *
 * @example
 * app.use(requestIds(log));
 */
export const requestIds =
  (log: Log): MiddlewareHandler =>
  async (c, next) => {
    const requestId = await withRequestId(headOf(c), log, async () => {
      await next();
      return c.res.status;
    });
    c.res.headers.set(REQUEST_ID, requestId);
  };

/**
 * Answers a request under its id.
 *
 * @param answer returns the answer's status
 * @returns the id
 */
export const withRequestId = async (
  { method, path, header }: RequestHead,
  log: Log,
  answer: (requestId: string) => Promise<number>,
): Promise<string> => {
  const sent = header("x-request-id");
  const requestId = sent !== undefined && WELL_FORMED.test(sent) ? sent : randomUUID();
  await withLogFields({ requestId }, async () => {
    const started = performance.now();
    const status = await answer(requestId);
    log.debug("answered", { method, path, status, ms: Math.round(performance.now() - started) });
  });
  return requestId;
};

/** The id of the request that is being answered. */
export const currentRequestId = (): string | undefined => {
  const { requestId } = currentLogFields();
  return typeof requestId === "string" ? requestId : undefined;
};
