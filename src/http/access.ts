import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { parse as parseCookies } from "hono/utils/cookie";
import { isLoopback } from "../config.ts";
import { AnchorageError, notFound } from "../errors.ts";
import { withLogFields } from "../log.ts";
import { refuse, type Refusal } from "./problem.ts";
import { headOf, type RequestHead } from "./request-head.ts";

/** What a key allows; each scope includes those before it. */
export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Who sends a request, and what the request may do. */
export interface Caller {
  /** The id of the key, `API_KEY` for that one, or null where the service requires no key. */
  readonly key: string | null;
  /** The person, as a trusted proxy names them. */
  readonly user: string | null;
  readonly scope: Scope;
  /** The only collections that it may see; null: all. */
  readonly collections: ReadonlySet<string> | null;
}

/** What a feature adds to the one key of the settings. */
export interface AccessPlug {
  /**
   * Finds the caller by the key or the session that a request carries; null where it is not valid.
   *
   * @throws AnchorageError `too-many-requests`
   */
  identify(
    sent: { readonly key: string } | { readonly session: string },
  ): Promise<Omit<Caller, "user"> | null>;
  /** Whether requests need a key even where the settings have none. */
  required(): Promise<boolean>;
  /** Records what a caller did or was refused. */
  record(entry: AuditEntry): void;
}

/** One request that changed something, or tried to. */
export interface AuditEntry {
  readonly at: Date;
  readonly requestId: string | null;
  readonly key: string | null;
  readonly user: string | null;
  /** The `operationId` of the OpenAPI document; null where the request was refused before. */
  readonly operation: string | null;
  readonly collection: string | null;
  /** Of the collection after the write. */
  readonly sequence: number | null;
  readonly status: number;
}

/** An operation of the OpenAPI document, and the collection that the path names. */
export interface Operation {
  readonly id: string;
  readonly scope: Scope;
  readonly collection: string | null;
}

/** What the middleware keeps of a request until it is answered. */
declare module "hono" {
  interface ContextVariableMap {
    caller: Caller;
    operation: Operation;
    /** Of a write. */
    sequence: number | undefined;
  }
}

/** The cookie of a session. */
export const SESSION_COOKIE = "anchorage_session";
/** The caller's key where the settings hold it. */
export const SETTINGS_KEY = "API_KEY";

const EVERYTHING: Caller = { key: null, user: null, scope: "admin", collections: null };
/** Answered without a key, because they reveal nothing about what is stored. */
const PROBES = new Set(["/healthz", "/readyz"]);
/** Signing in and out. */
const SESSION_PATH = "/v1/session";
/** The page and the documentation, which the operator may close. */
const DOCS_PATHS = new Set(["/", "/openapi.json", "/docs", "/docs/script.js", "/docs/style.css"]);
const PAGE_FILES = "/assets/";
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

export interface AccessSettings {
  readonly apiKey: string | null;
  /** Whether the page and the documentation need no key. */
  readonly openDocs: boolean;
  /** The name of the person behind a request, from a proxy that is trusted. */
  readonly userOf: (head: RequestHead) => string | null;
}

/** Identifies the caller of each request, and refuses requests without a valid key where one is required. */
export const identifyCaller =
  (settings: AccessSettings, plug: AccessPlug | null): MiddlewareHandler =>
  async (c, next) => {
    const caller = await findCaller(headOf(c), settings, plug);
    if ("code" in caller) return refuse(caller);
    c.set("caller", caller);
    return withCallerFields(caller, () => next());
  };

/** The caller of a request, or why it is refused. @throws AnchorageError `too-many-requests` */
export const findCaller = async (
  head: RequestHead,
  { apiKey, openDocs, userOf }: AccessSettings,
  plug: AccessPlug | null,
): Promise<Caller | Refusal> => {
  const { path, method } = head;
  const open =
    PROBES.has(path) ||
    (path === SESSION_PATH && method !== "GET") ||
    (openDocs && (DOCS_PATHS.has(path) || path.startsWith(PAGE_FILES)));
  const sent = PROBES.has(path) ? null : sentBy(head);
  const found = sent === null ? null : await callerOf(sent, apiKey, plug);
  if (found === null && !open && (apiKey !== null || (await plug?.required()) === true))
    return {
      code: "unauthorized",
      detail: "Send an API key as `Authorization: Bearer <key>`, or sign in by `POST /v1/session`.",
      headers: {
        "WWW-Authenticate": `Bearer realm="anchorage"${sent === null ? "" : ', error="invalid_token"'}`,
      },
    };
  return { ...(found ?? EVERYTHING), user: userOf(head) };
};

/** Names the caller in what is logged while `work` runs. */
export const withCallerFields = <T>({ key, user }: Caller, work: () => T): T =>
  key === null && user === null
    ? work()
    : withLogFields({ ...(key === null ? {} : { key }), ...(user === null ? {} : { user }) }, work);

type Sent = { readonly key: string } | { readonly session: string };

const sentBy = ({ header }: RequestHead): Sent | null => {
  const authorization = header("authorization");
  if (authorization !== undefined) {
    const [, key = ""] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return { key };
  }
  const session = parseCookies(header("cookie") ?? "", SESSION_COOKIE)[SESSION_COOKIE];
  return session === undefined ? null : { session };
};

const callerOf = async (
  sent: Sent,
  apiKey: string | null,
  plug: AccessPlug | null,
): Promise<Omit<Caller, "user"> | null> => {
  if ("key" in sent && apiKey !== null && sameSecret(sent.key, apiKey))
    return { key: SETTINGS_KEY, scope: "admin", collections: null };
  return (await plug?.identify(sent)) ?? null;
};

/** Compares in the same time whatever the texts are: their digests have one length. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b));

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * Checks that the caller may use an operation on a collection. A collection that the caller may not see is answered as one
 * that does not exist.
 *
 * @param collection that of the path; null for an operation on the whole service
 * @param everywhere whether an operation on the whole service shows nothing of collections, or filters what it shows
 * @throws AnchorageError `forbidden` or `not-found`
 */
export const authorize = (
  caller: Caller,
  scope: Scope,
  collection: string | null,
  everywhere: boolean,
): void => {
  if (SCOPES.indexOf(caller.scope) < SCOPES.indexOf(scope))
    throw new AnchorageError("forbidden", `This key has the scope ${caller.scope}; this needs ${scope}.`);
  if (collection !== null) requireCollection(caller, collection);
  else if (caller.collections !== null && !everywhere)
    throw new AnchorageError(
      "forbidden",
      "This key is for named collections; this needs a key for all of them.",
    );
};

/** @throws AnchorageError `not-found` where the caller may not see the collection */
export const requireCollection = ({ collections }: Caller, collection: string): void => {
  if (collections !== null && !collections.has(collection)) throw notFound("collection", collection);
};

/** Whether the caller may see a collection, or, with null, what belongs to none. */
export const maySee = ({ collections }: Caller, collection: string | null): boolean =>
  collections === null || (collection !== null && collections.has(collection));

/**
 * Records each request that changes something or is refused, once it is answered.
 *
 * @param requestId the id of the request that is being answered
 */
export const auditRequests =
  (plug: AccessPlug, requestId: () => string | undefined): MiddlewareHandler =>
  async (c, next) => {
    await next();
    audit(plug, {
      method: c.req.method,
      status: c.res.status,
      requestId: requestId(),
      caller: c.get("caller"),
      operation: c.get("operation"),
      sequence: c.get("sequence"),
    });
  };

/** A request that was answered. */
interface Answered {
  readonly method: string;
  readonly status: number;
  readonly requestId: string | undefined;
  /** Absent where it was refused before. */
  readonly caller: Caller | undefined;
  readonly operation: Operation | undefined;
  readonly sequence?: number | undefined;
}

/** Records a request that changes something or was refused. */
export const audit = (
  plug: AccessPlug,
  { method, status, requestId, caller, operation, sequence }: Answered,
): void => {
  const refused = status === 401 || status === 403;
  if (!refused && (operation === undefined || operation.scope === "read" || READING.has(method))) return;
  plug.record({
    at: new Date(),
    requestId: requestId ?? null,
    key: caller?.key ?? null,
    user: caller?.user ?? null,
    operation: operation?.id ?? null,
    collection: operation?.collection ?? null,
    sequence: sequence ?? null,
    status,
  });
};

/**
 * Refuses changes and queries that a page of another origin makes a browser send, save of `allowed` ones.
 *
 * Browsers say where a request comes from (Origin, Sec-Fetch-Site); other clients send neither.
 */
export const refuseCrossOrigin =
  (allowed: ReadonlySet<string>): MiddlewareHandler =>
  async (c, next) => {
    const refusal = crossOriginRefusal(headOf(c), allowed);
    return refusal === null ? next() : refuse(refusal);
  };

export const crossOriginRefusal = (
  { method, header, host }: RequestHead,
  allowed: ReadonlySet<string>,
): Refusal | null => {
  if (READING.has(method)) return null;
  const origin = header("origin");
  if (origin !== undefined && allowed.has(origin)) return null;
  const site = header("sec-fetch-site") ?? "none";
  const sameOrigin = origin === undefined || hostOf(origin) === host;
  if (sameOrigin && (site === "none" || site === "same-origin")) return null;
  return {
    code: "forbidden",
    detail: "Pages of another origin may not use this service, unless ALLOWED_ORIGINS names the origin.",
  };
};

/**
 * Refuses requests to any name but a loopback one and those of `publicHosts`.
 *
 * A page can point a name of its own at 127.0.0.1 after it was loaded (DNS rebinding); the browser then takes this
 * service for that page's origin, and only the Host header differs.
 */
export const refuseRebinding =
  (publicHosts: ReadonlySet<string>): MiddlewareHandler =>
  async (c, next) => {
    const refusal = rebindingRefusal(headOf(c), publicHosts);
    return refusal === null ? next() : refuse(refusal);
  };

export const rebindingRefusal = ({ host }: RequestHead, publicHosts: ReadonlySet<string>): Refusal | null =>
  isLoopback(withoutPort(host)) || publicHosts.has(host) || publicHosts.has(withoutPort(host))
    ? null
    : {
        code: "misdirected",
        detail: `This service listens on loopback and answers to localhost, 127.0.0.1, [::1] and the names in PUBLIC_HOSTS, not to Host ${host}.`,
      };

const withoutPort = (host: string): string => host.replace(/(?<=[^:]):\d+$/, "");

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
