import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";
import { errorOfResponse } from "./errors.ts";

export interface ClientOptions {
  /** Address of the service, such as `http://localhost:8080`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string;
  /** Replaces the global `fetch`. An AnchorageError that it throws is passed on unchanged. */
  readonly fetch?: Fetch;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallOptions {
  /** Aborts the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Call extends CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly contentType?: string;
  readonly accept?: string;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Sends the requests of the client's methods. */
export interface Transport {
  /**
   * @throws AnchorageApiError for an answer that is not a success
   * @throws AnchorageError `unavailable` if there is no answer
   */
  readonly send: (method: Method, path: string, call?: Call) => Promise<Response>;
  readonly json: <T>(method: Method, path: string, call?: Call) => Promise<T>;
  readonly post: <T>(path: string, body: unknown, options?: CallOptions) => Promise<T>;
}

/** Sends requests to the service at `options.url`. */
export const createTransport = ({ url, apiKey, fetch: call = fetch }: ClientOptions): Transport => {
  const base = url.replace(/\/+$/, "");

  const answered = async <T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      if (isAnchorageError(error) || signal?.aborted === true) throw error;
      // fetch gives the reason only in the cause.
      const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw new AnchorageError("unavailable", `${url} does not answer: ${messageOf(reason)}`, {
        cause: error,
      });
    }
  };

  const send: Transport["send"] = async (method, path, { query = {}, body, signal, ...types } = {}) => {
    const parameters = Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
    );
    const init = {
      method,
      headers: {
        accept: types.accept ?? "application/json, application/problem+json",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { "content-type": types.contentType ?? "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
      // Node requires it if the body is a stream.
      ...(body instanceof ReadableStream ? { duplex: "half" as const } : {}),
    };
    const address = `${base}${path}${parameters.length === 0 ? "" : `?${parameters.join("&")}`}`;
    const response = await answered(call(address, init), signal);
    if (!response.ok) throw await answered(errorOfResponse(response), signal);
    return response;
  };

  const json = async <T>(method: Method, path: string, options: Call = {}): Promise<T> => {
    const response = await send(method, path, options);
    return (await answered(response.json(), options.signal)) as T;
  };

  return {
    send,
    json,
    post: (path, body, options = {}) => json("POST", path, { ...options, body: JSON.stringify(body) }),
  };
};
