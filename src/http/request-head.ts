import type { IncomingMessage } from "node:http";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";

/** The head of a request, whether the framework or Node read it: access, request id and span depend on it alone. */
export interface RequestHead {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** The host that the request names, lower case. */
  readonly host: string;
  /** @param name in lower case */
  readonly header: (name: string) => string | undefined;
  /** The address at the other end of the connection; undefined within one process. */
  readonly peer: () => string | undefined;
}

/** The head of a request that the framework answers. */
export const headOf = (c: Context): RequestHead => ({
  method: c.req.method,
  path: c.req.path,
  get host() {
    return (c.req.header("host") ?? new URL(c.req.url).host).toLowerCase();
  },
  header: (name) => c.req.header(name),
  peer: () => {
    try {
      return getConnInfo(c).remote.address;
    } catch {
      return undefined;
    }
  },
});

/** The head of a request as Node reads it. */
export const headOfMessage = ({ method = "", url = "", headers, socket }: IncomingMessage): RequestHead => ({
  method,
  path: url,
  host: (headers.host ?? "").toLowerCase(),
  header: (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  },
  peer: () => socket.remoteAddress,
});
