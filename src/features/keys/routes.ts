import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { collectionName } from "../../api/values.ts";
import { AnchorageError } from "../../errors.ts";
import { SESSION_COOKIE, SETTINGS_KEY, sameSecret, type Caller } from "../../http/access.ts";
import { readJsonBody } from "../../http/body.ts";
import {
  endpoint,
  jsonBody,
  jsonEndpoint,
  OPEN,
  problems,
  readPath,
  type Routes,
} from "../../http/endpoint.ts";
import {
  apiKey,
  createdKey,
  keyList,
  keyPath,
  keySpec,
  session,
  sessionRequest,
  type Session,
} from "./api.ts";
import type { KeyCaller, KeyRing } from "./key-ring.ts";
import { SESSION_MS, type KeySessions } from "./sessions.ts";

const tags = ["keys"];

/** Adds the endpoints that make, list and revoke keys, for admin keys of all collections. */
export const addKeys = ({ app, bodyLimit }: Routes, ring: KeyRing): void => {
  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/keys",
      tags,
      operationId: "createKey",
      summary: "Make an API key",
      description:
        "The key is in this answer and nowhere else. Once a service has keys, every request needs one, even where " +
        "API_KEY is not set; make an admin key first there.",
      request: jsonBody(keySpec),
      answer: { description: "The new key.", schema: createdKey, status: 201 },
      problems: [400, 413, 415, 503],
    },
    async (c) => ring.create(await readJsonBody(c, keySpec, bodyLimit)),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/keys",
      scope: "admin",
      tags,
      operationId: "listKeys",
      summary: "List API keys",
      answer: { description: "The oldest first, revoked ones too.", schema: keyList },
      problems: [503],
    },
    async () => ({ keys: await ring.list() }),
  );

  jsonEndpoint(
    app,
    {
      method: "delete",
      path: "/v1/keys/{id}",
      tags,
      operationId: "revokeKey",
      summary: "Revoke an API key",
      description:
        "At once in this service, within two seconds in others on the same Postgres; its sessions end with it.",
      request: { params: keyPath },
      answer: { description: "The key, which is refused from now on.", schema: apiKey },
      problems: [400, 404, 503],
    },
    (c) => ring.revoke(readPath(c, keyPath).id),
  );
};

/** Adds the endpoints by which a browser changes a key into a session. */
export const addSession = (
  { app, bodyLimit }: Routes,
  ring: KeyRing,
  sessions: KeySessions,
  settingsKey: string | null,
): void => {
  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/session",
      tags,
      operationId: "signIn",
      summary: "Change an API key into a session's cookie",
      description:
        "The cookie is HttpOnly and SameSite=Strict, lasts twelve hours, survives a restart of the service, and ends " +
        "when the key is revoked.",
      request: jsonBody(sessionRequest),
      answer: { description: "What the session may do.", schema: session },
      problems: [400, 413, 415, 503],
      ...OPEN,
    },
    async (c) => {
      const { key } = await readJsonBody(c, sessionRequest, bodyLimit);
      const caller = await callerOfKey(key, ring, settingsKey);
      const started = caller === null ? null : await sessions.start(caller);
      if (caller === null || started === null)
        throw new AnchorageError("unauthorized", "There is no such key, or it is revoked or expired.");
      setCookie(c, SESSION_COOKIE, started.token, {
        httpOnly: true,
        sameSite: "Strict",
        path: "/",
        maxAge: SESSION_MS / 1000,
        secure: isEncrypted(c),
      });
      return shown({ ...caller, user: c.get("caller").user }, started.expiresAt);
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/session",
      everywhere: true,
      tags,
      operationId: "getSession",
      summary: "See what the key or the session of this request may do",
      answer: { description: "Without either, where none is required: everything.", schema: session },
      problems: [503],
    },
    async (c) => {
      const caller = c.get("caller");
      const token = getCookie(c, SESSION_COOKIE);
      const found = token === undefined ? null : await sessions.find(token);
      return shown(caller, found !== null && found.caller.key === caller.key ? found.expiresAt : null);
    },
  );

  endpoint(
    app,
    {
      method: "delete",
      path: "/v1/session",
      tags,
      operationId: "signOut",
      summary: "End the session",
      responses: { 204: { description: "The cookie is removed." }, ...problems() },
      ...OPEN,
    },
    (c) => {
      const token = deleteCookie(c, SESSION_COOKIE, { path: "/" });
      if (token !== undefined) sessions.end(token);
      return c.body(null, 204);
    },
  );
};

const callerOfKey = async (
  key: string,
  ring: KeyRing,
  settingsKey: string | null,
): Promise<KeyCaller | null> => {
  if (settingsKey !== null && sameSecret(key, settingsKey))
    return { key: SETTINGS_KEY, scope: "admin", collections: null };
  const caller = await ring.callerOf(key);
  if (caller?.key != null) await ring.count(caller.key);
  return caller;
};

/** Browsers keep a secure cookie from plain HTTP, which loopback may use. */
const isEncrypted = (c: Context): boolean =>
  new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";

const shown = ({ key, user, scope, collections }: Caller, expiresAt: Date | null): Session => ({
  key,
  user,
  scope,
  collections:
    collections === null ? null : [...collections].sort().map((name) => collectionName.parse(name)),
  expiresAt,
});
