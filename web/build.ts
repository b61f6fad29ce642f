import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
/** What the built page depends on: files, and folders with all that is in them. */
const SOURCES = [
  "web/index.html",
  "web/build.ts",
  "web/src",
  "src/client",
  "src/errors.ts",
  "src/features",
  "package-lock.json",
];
const STAMP = ".built-from";

export interface BuildOptions {
  /** `web/dist` where absent. */
  readonly folder?: string;
}

/**
 * Builds the page that the service serves at `/`, unless it was built from the same sources before.
 *
 * @returns what was done, in a line; null where there was nothing to do
 */
export const buildPage = async ({ folder = join(ROOT, "web/dist") }: BuildOptions = {}): Promise<
  string | null
> => {
  const stamp = join(folder, STAMP);
  const hash = hashOfSources();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return null;
  const vite = await import("vite").catch(() => null);
  if (vite === null)
    return "The page was not built: vite is not installed. Run `npm ci && npm run build`; the API needs no page.";
  const started = performance.now();
  await vite.build({
    configFile: false,
    root: join(ROOT, "web"),
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  writeFileSync(stamp, hash);
  return `built the page in ${((performance.now() - started) / 1000).toFixed(1)} s`;
};

const hashOfSources = (): string => {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(filesAt).sort())
    hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
};

/** The file itself; of a folder every file in it. */
const filesAt = (path: string): string[] => {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  return readdirSync(join(ROOT, path), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
};
