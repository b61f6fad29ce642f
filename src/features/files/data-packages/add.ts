import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AnchorageError } from "../../../errors.ts";
import { addedManifest, installedFrom, type DataPackage } from "./find.ts";

export interface AddOptions {
  readonly dataDir: string;
  /** What npm installs: a version, a folder, the address or the path of a tarball; default: this version of the package. */
  readonly from?: string;
  readonly signal?: AbortSignal;
}

/**
 * Installs a data package into DATA_DIR by npm, without scripts.
 *
 * @returns the folder of the package
 * @throws AnchorageError `unavailable` if npm is missing or fails; the message has what npm wrote
 * @throws the signal's reason if it is aborted
 * @example
 * await addDataPackage(SAMPLE_PACKAGE, { dataDir: "./data", from: "./anchorage-sample-0.1.0.tgz" });
 */
export const addDataPackage = async (
  data: DataPackage,
  { dataDir, from, signal }: AddOptions,
): Promise<string> => {
  const manifest = addedManifest(dataDir);
  const directory = dirname(manifest);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Without it npm would install into a folder above that has one.
  if (!existsSync(manifest)) await writeFile(manifest, '{ "private": true }\n');
  const spec = from ?? `${data.name}@^${VERSION}`;
  const quiet = [
    "--ignore-scripts",
    "--omit=dev",
    "--omit=peer",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const output = await runNpm(["install", "--prefix", directory, ...quiet, spec], signal);
  const folder = installedFrom(manifest, data.name);
  if (folder === undefined)
    throw new AnchorageError(
      "unavailable",
      `npm installed ${spec}, which is not ${data.name}. ${output}`.trim(),
    );
  return folder;
};

const { version: VERSION } = createRequire(import.meta.url)("../../../../package.json") as {
  readonly version: string;
};

/** Runs npm with the Node of this process. @returns what it wrote */
const runNpm = (args: readonly string[], signal: AbortSignal | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    const cli = npmProgram();
    const [command, first] = cli === undefined ? ["npm", []] : [process.execPath, [cli]];
    const child = spawn(command, [...first, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      ...(signal === undefined ? {} : { signal }),
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", (error) => {
      if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(new AnchorageError("unavailable", `npm cannot be run: ${error.message}`, { cause: error }));
    });
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new AnchorageError("unavailable", `npm failed: ${output.trim()}`));
    });
  });

/** The file that npm runs, as Node brings it; undefined where only a program `npm` may be found. */
const npmProgram = (): string | undefined => {
  const underNpm = process.env.npm_execpath;
  const folder = dirname(process.execPath);
  return [
    ...(underNpm?.endsWith("npm-cli.js") === true ? [underNpm] : []),
    join(folder, "../lib/node_modules/npm/bin/npm-cli.js"),
    join(folder, "node_modules/npm/bin/npm-cli.js"),
  ].find((path) => existsSync(path));
};
