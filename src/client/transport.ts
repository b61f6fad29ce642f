import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { errorOfResponse } from "./errors.ts";
import { pause } from "./pause.ts";
import { waitBefore } from "./retry.ts";

/** How long a call may take, and how often it may be sent. */
export interface CallLimits {
  /**
   * Milliseconds until a call fails as `unavailable`, its repetitions and the reading of its answer included. Without
   * it there is no limit, because encoding many images takes minutes.
   */
  readonly timeoutMs?: number;
  /**
   * How often a call is sent again after 429, 503 or a broken connection; 3 by default, 0 for never. Only calls that
   * may be sent twice are: reads, queries, and writes of anchors without `ifSequence`.
   */
  readonly retries?: number;
}

/** The limits of each call, unless the call has its own. */
export interface ClientOptions extends CallLimits {
  /** Address of the service, such as `http://localhost:8080`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string;
  /** Replaces the global `fetch`. An AnchorageError that it throws is passed on unchanged. */
  readonly fetch?: Fetch;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallOptions extends CallLimits {
  /** Aborts the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Call extends CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly contentType?: string;
  readonly accept?: string;
  /** Whether it may be sent twice; by default a GET may. */
  readonly repeatable?: boolean;
}

const DEFAULT_RETRIES = 3;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Sends the requests of the client's methods. */
export interface Transport {
  /**
   * @throws AnchorageApiError for an answer that is not a success
   * @throws AnchorageError `unavailable` if there is no answer
   */
  readonly send: (method: Method, path: string, call?: Call) => Promise<Response>;
  readonly json: <T>(method: Method, path: string, call?: Call) => Promise<T>;
  /** A write or the start of a job: it is sent once. */
  readonly post: <T>(path: string, body: unknown, options?: CallOptions) => Promise<T>;
  /** A query by POST: it changes nothing, so it may be sent again. */
  readonly query: <T>(path: string, body: unknown, options?: CallOptions) => Promise<T>;
}

/** Sends requests to the service at `options.url`. */
export const createTransport = (options: ClientOptions): Transport => {
  const { url, apiKey, fetch: request = fetch } = options;
  const base = url.replace(/\/+$/, "");

  /** Sends a call once and reads its answer. */
  const attempt = async <T>(
    address: string,
    init: RequestInit,
    read: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const response = await request(address, init);
    if (!response.ok) throw await errorOfResponse(response);
    return read(response);
  };

  const run = async <T>(
    method: Method,
    path: string,
    call: Call,
    read: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const { query = {}, body, repeatable = method === "GET" } = call;
    const timeoutMs = call.timeoutMs ?? options.timeoutMs;
    const retries = repeatable ? (call.retries ?? options.retries ?? DEFAULT_RETRIES) : 0;
    const parameters = Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
    );
    const address = `${base}${path}${parameters.length === 0 ? "" : `?${parameters.join("&")}`}`;
    const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const signals = [call.signal, limit].filter((signal) => signal !== undefined);
    const signal = signals.length < 2 ? signals[0] : AbortSignal.any(signals);
    const init = {
      method,
      headers: {
        accept: call.accept ?? "application/json, application/problem+json",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      // Node requires it if the body is a stream.
      ...(body instanceof ReadableStream ? { duplex: "half" as const } : {}),
    };
    for (let sent = 1; ; sent += 1) {
      try {
        return await attempt(address, init, read);
      } catch (error) {
        if (call.signal?.aborted === true) throw error;
        if (limit?.aborted === true) {
          throw new AnchorageError("unavailable", `${url} did not answer within ${timeoutMs} ms.`, {
            cause: error,
          });
        }
        const wait = sent > retries ? null : waitBefore(sent, error);
        if (wait === null) throw unavailable(url, error);
        await pause(wait, signal);
      }
    }
  };

  const json: Transport["json"] = async <T>(method: Method, path: string, call: Call = {}): Promise<T> =>
    run(method, path, call, async (response) => (await response.json()) as T);

  return {
    send: (method, path, call = {}) => run(method, path, call, (response) => Promise.resolve(response)),
    json,
    post: (path, body, given = {}) => json("POST", path, { ...given, body: JSON.stringify(body) }),
    query: (path, body, given = {}) =>
      json("POST", path, { ...given, body: JSON.stringify(body), repeatable: true }),
  };
};

const unavailable = (url: string, error: unknown): unknown => {
  if (isAnchorageError(error)) return error;
  // fetch gives the reason only in the cause.
  const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new AnchorageError("unavailable", `${url} does not answer: ${messageOf(reason)}`, { cause: error });
};
