import { errorOf } from "./errors.ts";

export interface ClientOptions {
  /** Of the service, such as `http://localhost:8080`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string;
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface Call extends CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly contentType?: string;
  readonly accept?: string;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request of the client. */
export interface Transport {
  /** @throws AnchorageApiError for an answer that is not a success. */
  readonly send: (method: Method, path: string, call?: Call) => Promise<Response>;
  readonly json: <T>(method: Method, path: string, call?: Call) => Promise<T>;
  readonly post: <T>(path: string, body: unknown, options?: CallOptions) => Promise<T>;
}

export const createTransport = ({ url, apiKey, fetch: send = fetch }: ClientOptions): Transport => {
  const base = url.replace(/\/+$/, "");

  const transport: Transport = {
    send: async (method, path, call = {}) => {
      const query = Object.entries(call.query ?? {}).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
      );
      const response = await send(`${base}${path}${query.length === 0 ? "" : `?${query.join("&")}`}`, {
        method,
        headers: {
          accept: call.accept ?? "application/json, application/problem+json",
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
        },
        ...(call.body === undefined ? {} : { body: call.body }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
        // Node asks for it where the body is a stream.
        ...(call.body instanceof ReadableStream ? { duplex: "half" } : {}),
      });
      if (!response.ok) throw await errorOf(response);
      return response;
    },
    json: async <T>(method: Method, path: string, call: Call = {}) =>
      (await (await transport.send(method, path, call)).json()) as T,
    post: (path, body, options = {}) =>
      transport.json("POST", path, { ...options, body: JSON.stringify(body) }),
  };
  return transport;
};
