import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { refuse } from "./problem.ts";

/** Where `npm run build` puts the page. */
export const PAGE_FOLDER = fileURLToPath(new URL("../../web/dist/", import.meta.url));

/** The page runs its own scripts alone, and asks this service alone. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // A picture that a person drops is shown from memory.
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Anchorage</title>
<h1>Anchorage is running; its page is not built.</h1>
<p>Run <code>npm ci &amp;&amp; npm run build</code> in the checkout, then load this page again.
<p><a href="/docs">The API's documentation</a> is here.</html>
`;
const MISSING_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

type Encoding = "br" | "gzip" | "identity";
interface PageFile {
  readonly mediaType: string;
  readonly etag: string;
  readonly bodies: Readonly<Record<Encoding, Uint8Array<ArrayBuffer>>>;
}

/** The page that people see at `/`, and the files that it consists of. */
export interface Page {
  /** Answers a browser that asks for `/`. */
  readonly answer: (c: Context) => Promise<Response>;
  /** Adds the files that the page loads, `/assets/…`. */
  readonly addAssets: (app: OpenAPIHono) => void;
}

/**
 * Serves the page that was built into `folder`. Nothing is read before a browser asks, and each file once for each
 * build: a page that is built while the service runs is served from then on.
 */
export const createPage = (folder: string): Page => {
  const files = new Map<string, Promise<PageFile>>();
  const assets = join(folder, "assets");

  const fileAt = async (path: string): Promise<PageFile> => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const read = readPageFile(path);
    files.set(path, read);
    read.catch(() => files.delete(path));
    return read;
  };

  return {
    answer: async (c) => {
      const index = await readPageFile(join(folder, "index.html")).catch(() => null);
      if (index === null) return c.html(MISSING, 503, { "Content-Security-Policy": MISSING_POLICY });
      return send(c, index, { "Content-Security-Policy": POLICY, "Cache-Control": "no-cache" });
    },
    addAssets: (app) => {
      app.get("/assets/:name", async (c) => {
        const name = c.req.param("name");
        // Names are compared with those of the folder, so that none leads out of it.
        const names = await readdir(assets).catch((): string[] => []);
        if (!names.includes(name))
          return refuse({ code: "not-found", detail: `The page has no file ${name}.` });
        const file = await fileAt(join(assets, name));
        return send(c, file, { "Cache-Control": "public, max-age=31536000, immutable" });
      });
    },
  };
};

const readPageFile = async (path: string): Promise<PageFile> => {
  const bytes = new Uint8Array(await readFile(path));
  const [br, gz] = await Promise.all([compressBrotli(bytes), compressGzip(bytes)]);
  return {
    mediaType: MEDIA_TYPES[extname(path)] ?? "application/octet-stream",
    etag: createHash("sha256").update(bytes).digest("base64url").slice(0, 22),
    bodies: { br: new Uint8Array(br), gzip: new Uint8Array(gz), identity: bytes },
  };
};

const send = (c: Context, file: PageFile, headers: Record<string, string>): Response => {
  const encoding = encodingFor(c.req.header("accept-encoding") ?? "");
  // Each encoding is another sequence of bytes, so that each has an ETag of its own.
  const etag = `"${file.etag}-${encoding}"`;
  const common = { ...headers, ETag: etag, Vary: "Accept, Accept-Encoding" };
  if (c.req.header("if-none-match")?.split(/, */).includes(etag)) return c.body(null, 304, common);
  return c.body(file.bodies[encoding], 200, {
    ...common,
    "Content-Type": file.mediaType,
    ...(encoding === "identity" ? {} : { "Content-Encoding": encoding }),
  });
};

const encodingFor = (accepted: string): Encoding => {
  const named = accepted
    .toLowerCase()
    .split(",")
    .map((part) => part.trim())
    .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part))
    .map((part) => part.split(";", 1)[0]);
  if (named.includes("br")) return "br";
  return named.includes("gzip") ? "gzip" : "identity";
};
