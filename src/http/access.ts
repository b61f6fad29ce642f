import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { isLoopback } from "../config.ts";
import { refuse } from "./problem.ts";

/** What anyone may ask: is it up, is it ready, how is it used. Nothing of it tells what is stored. */
const OPEN_PATHS = new Set(["/", "/healthz", "/readyz", "/openapi.json", "/docs", "/docs/style.css"]);
/** The page itself: it asks for the key. */
const PAGE_FILES = "/assets/";
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/** Requires `Authorization: Bearer <apiKey>` on all but the open paths. */
export const requireKey = (apiKey: string): MiddlewareHandler => {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const wanted = digest(apiKey);
  return async (c, next) => {
    if (OPEN_PATHS.has(c.req.path) || c.req.path.startsWith(PAGE_FILES)) return next();
    const [, sent] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
    // Digests are of one length, so that the comparison takes the same time whatever was sent.
    if (sent !== undefined && timingSafeEqual(digest(sent), wanted)) return next();
    return refuse("unauthorized", "Send the service's API key as `Authorization: Bearer <key>`.", {
      "WWW-Authenticate": `Bearer realm="anchorage"${sent === undefined ? "" : ', error="invalid_token"'}`,
    });
  };
};

/**
 * Refuses changes and queries that a page of another origin makes a browser send.
 *
 * Browsers say where a request comes from (Origin, Sec-Fetch-Site); other clients send neither.
 */
export const refuseCrossOrigin = (): MiddlewareHandler => async (c, next) => {
  if (READING.has(c.req.method)) return next();
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site") ?? "none";
  const sameOrigin = origin === undefined || hostOf(origin) === hostAsked(c.req.header("host"), c.req.url);
  if (sameOrigin && (site === "none" || site === "same-origin")) return next();
  return refuse("forbidden", "Pages of another origin may not use this service.");
};

/**
 * Refuses requests to any name but a loopback one.
 *
 * A page can point a name of its own at 127.0.0.1 after it was loaded (DNS rebinding); the browser then takes this
 * service for that page's origin, and only the Host header tells.
 */
export const refuseRebinding = (): MiddlewareHandler => async (c, next) => {
  const asked = hostAsked(c.req.header("host"), c.req.url);
  if (isLoopback(withoutPort(asked))) return next();
  return refuse(
    "misdirected",
    `This service listens on loopback and answers to localhost, 127.0.0.1 or [::1], not to Host ${asked}.`,
  );
};

const hostAsked = (header: string | undefined, url: string): string =>
  (header ?? new URL(url).host).toLowerCase();

const withoutPort = (host: string): string => host.replace(/(?<=[^:]):\d+$/, "");

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
