import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { TranspileOptions } from "typescript";

const ROOT = join(import.meta.dirname, "..");
/** A change of the compiler or of its settings may change what every file compiles to. */
const SETTINGS = ["node_modules/typescript/package.json", "scripts/compile.ts"];
/** Declarations are made by `types.ts`, from all files at once. */
const TYPES = "types";

export interface CompileOptions {
  /** Folder of the TypeScript files; default: `src` of the checkout. */
  readonly from?: string;
  /** Folder that the JavaScript is written to, with the same paths; default: `dist` of the checkout. */
  readonly to?: string;
  /** Called with the number of files before the first is compiled; not called where nothing changed. */
  readonly onStart?: (files: number) => void;
}

interface Compiled {
  /** Number of files that were written. */
  readonly written: number;
  /** Number of files that were there already, made from the same source. */
  readonly kept: number;
  readonly seconds: number;
}

/**
 * Compiles each TypeScript file that changed since it was last compiled to an ES module with a source map, copies
 * `.mjs` files, and removes what no source stands for any more. Types are not checked: `npm run typecheck` does that.
 *
 * A compiled file has the modification time of its source, so that a source of any other time is compiled again.
 */
export const compile = async ({
  from = join(ROOT, "src"),
  to = join(ROOT, "dist"),
  onStart,
}: CompileOptions = {}): Promise<Compiled> => {
  const started = performance.now();
  const sources = await filesIn(from);
  const settings = await hashOfSettings();
  const stamp = join(to, ".settings");
  const sameSettings = (await readFile(stamp, "utf8").catch(() => "")) === settings;
  const stale: string[] = [];
  const expected = new Set<string>();
  for (const source of sources) {
    if (source.endsWith(".d.ts")) continue;
    const output = outputOf(source);
    expected.add(output);
    if (output !== source) expected.add(`${output}.map`);
    const made = await modifiedAt(join(to, output));
    if (!sameSettings || made !== (await modifiedAt(join(from, source)))) stale.push(source);
  }
  if (stale.length > 0) {
    onStart?.(stale.length);
    const transpile = await transpiler();
    for (const source of stale) await write(from, to, source, transpile);
  }
  for (const file of await filesIn(to)) {
    if (!expected.has(file) && dirname(file) !== TYPES && file !== ".settings") await rm(join(to, file));
  }
  await writeFile(stamp, settings);
  const seconds = (performance.now() - started) / 1000;
  return { written: stale.length, kept: sources.length - stale.length, seconds };
};

const hashOfSettings = async (): Promise<string> => {
  const hash = createHash("sha256");
  for (const file of SETTINGS) hash.update(await readFile(join(ROOT, file)));
  return hash.digest("hex");
};

type Transpile = (path: string, text: string) => { readonly code: string; readonly map: string };

/** Loads the compiler, which takes half a second, only where something is to be compiled. */
const transpiler = async (): Promise<Transpile> => {
  const { default: ts } = await import("typescript");
  const options: TranspileOptions["compilerOptions"] = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    rewriteRelativeImportExtensions: true,
    sourceMap: true,
    removeComments: true,
  };
  return (path, text) => {
    const { outputText, sourceMapText = "" } = ts.transpileModule(text, {
      compilerOptions: options,
      fileName: path,
    });
    return { code: outputText, map: sourceMapText };
  };
};

const write = async (from: string, to: string, source: string, transpile: Transpile): Promise<void> => {
  const output = join(to, outputOf(source));
  await mkdir(dirname(output), { recursive: true });
  const text = await readFile(join(from, source), "utf8");
  if (!source.endsWith(".ts")) return place(output, text, await modifiedAt(join(from, source)));
  const time = await modifiedAt(join(from, source));
  const { code, map } = transpile(join(from, source), text);
  const origin = relative(dirname(output), join(from, source)).replaceAll("\\", "/");
  const named = { ...(JSON.parse(map) as Record<string, unknown>), sources: [origin] };
  await place(`${output}.map`, JSON.stringify(named), time);
  await place(output, code, time);
};

/** Replaces a file at once, so that a process that starts meanwhile reads the old one or the new one. */
const place = async (path: string, text: string, modified: number): Promise<void> => {
  const aside = `${path}.${process.pid}.part`;
  await writeFile(aside, text);
  await utimes(aside, modified / 1000, modified / 1000);
  await rename(aside, path);
};

const outputOf = (source: string): string => source.replace(/\.ts$/, ".js");

/** Milliseconds, rounded: file systems keep fractions of different length. 0 where the file is missing. */
const modifiedAt = async (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => Math.round(mtimeMs),
    () => 0,
  );

/** Paths of all files below a folder, relative to it; none where it is missing. */
const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
};
