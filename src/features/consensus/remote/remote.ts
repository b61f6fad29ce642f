import { setTimeout } from "node:timers/promises";
import { invalidField, type FieldPath } from "../../../errors.ts";
import { createBreaker, type Breaker } from "./breaker.ts";
import { readAllowedHosts, type AllowedHosts } from "./hosts.ts";
import { postJson, RemoteFailure } from "./request.ts";

/** An endpoint's address and credentials. */
export interface Endpoint {
  readonly url: string;
  /** A secret: it is sent as `Authorization` and shown nowhere. */
  readonly authorization?: string;
}

/** The endpoints of others that a service may ask. */
export interface Remotes {
  readonly hosts: readonly string[];
  /**
   * @param path the field that names the endpoint
   * @throws AnchorageError `invalid-input` if it may not be called
   */
  readonly open: (endpoint: Endpoint, path: FieldPath) => Remote;
}

/** One of them. */
export interface Remote {
  /** For traces: the host alone, for a path and a query may hold secrets. */
  readonly host: string;
  /**
   * Sends once, and once more after a moment where that may help.
   *
   * @throws RemoteFailure
   */
  readonly ask: (body: unknown, signal: AbortSignal) => Promise<unknown>;
}

const BACKOFF_MS = 200;
/** A call cut short by the caller's deadline says nothing about the endpoint's health, so it is not counted. */
const PATIENCE_MS = 1_000;

/** Whether it works, and found fault with this one request: others are not to suffer for that. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RemoteFailure &&
  error.status !== undefined &&
  error.status >= 400 &&
  error.status < 500 &&
  !error.passing;

export const createRemotes = (
  allowed: string | AllowedHosts,
  {
    breaker = createBreaker(),
    backoffMs = BACKOFF_MS,
    maxBytes,
    patienceMs = PATIENCE_MS,
  }: {
    readonly breaker?: Breaker;
    readonly backoffMs?: number;
    readonly maxBytes?: number;
    readonly patienceMs?: number;
  } = {},
): Remotes => {
  const hosts = typeof allowed === "string" ? readAllowedHosts(allowed) : allowed;

  const attempt = async (url: URL, body: unknown, signal: AbortSignal, authorization?: string) => {
    // By path, for of two endpoints of a host one can be out of order alone.
    const key = `${url.origin}${url.pathname}`;
    if (!breaker.allows(key))
      throw new RemoteFailure("failed again and again; it is left alone for a while", false);
    const started = performance.now();
    try {
      const answer = await postJson(url, body, {
        hosts,
        signal,
        ...(authorization === undefined ? {} : { authorization }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
      breaker.succeeded(key);
      return answer;
    } catch (error) {
      if (isRefusal(error)) breaker.succeeded(key);
      else if (!signal.aborted || performance.now() - started >= patienceMs) breaker.failed(key);
      throw error;
    }
  };

  return {
    hosts: hosts.entries,
    open: ({ url: written, authorization }, path) => {
      const url = URL.canParse(written) ? new URL(written) : undefined;
      const refusal = url === undefined ? "is no URL" : hosts.refusal(url);
      if (url === undefined || refusal !== undefined) throw invalidField(path, refusal ?? "is no URL");
      return {
        host: url.host,
        ask: async (body, signal) => {
          try {
            return await attempt(url, body, signal, authorization);
          } catch (error) {
            if (!(error instanceof RemoteFailure) || !error.passing || signal.aborted) throw error;
            await setTimeout(backoffMs, undefined, { signal }).catch(() => {
              throw error;
            });
            return attempt(url, body, signal, authorization);
          }
        },
      };
    },
  };
};
