import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { AnchorageError } from "../../../errors.ts";

/** An npm package of data, without which Anchorage runs and can do less. */
export interface DataPackage {
  readonly name: string;
  /** What it contains, for messages. */
  readonly what: string;
  /** The command that installs it. */
  readonly command: string;
}

/** The drawings and labels of the sample collection. */
export const SAMPLE_PACKAGE: DataPackage = {
  name: "anchorage-sample",
  what: "The sample collection",
  command: "anchorage sample add",
};

/** The weights of the default encoders. */
export const ENCODERS_PACKAGE: DataPackage = {
  name: "anchorage-encoders-default",
  what: "The package of the default encoders",
  command: "anchorage encoders add default",
};

/** The file beside whose `node_modules` are the packages that were added to DATA_DIR. */
export const addedManifest = (dataDir: string): string => join(dataDir, "packages", "package.json");

/** The folder `name` in the `node_modules` of `from` or of a folder above it; undefined if there is none. */
export const installedFrom = (from: string, name: string): string | undefined =>
  (createRequire(from).resolve.paths(name) ?? [])
    .map((path) => join(path, name))
    .find((path) => existsSync(path));

/**
 * The folder of an installed data package: one that was added to DATA_DIR, else one beside Anchorage or in the project
 * of the working directory; null if there is none.
 */
const findDataPackage = ({ name }: DataPackage, dataDir: string | null): string | null => {
  const places = [
    ...(dataDir === null ? [] : [addedManifest(dataDir)]),
    import.meta.url,
    join(process.cwd(), "package.json"),
  ];
  for (const place of places) {
    const found = installedFrom(place, name);
    if (found !== undefined) return found;
  }
  return null;
};

const howToAdd = ({ name, what, command }: DataPackage): string =>
  `${what} is not installed: run \`${command}\`, or \`npm install ${name}\` in the project.`;

const carriedFolder = (data: DataPackage, dataDir: string | null, carried: string): string | undefined => {
  const folder = findDataPackage(data, dataDir);
  const copied = folder === null ? undefined : join(folder, "data", carried);
  return copied !== undefined && existsSync(copied) ? copied : installedFrom(import.meta.url, carried);
};

/** How to install a data package, in a sentence; null if what it carries of the npm package `carried` is there. */
export const missingData = (data: DataPackage, dataDir: string | null, carried: string): string | null =>
  carriedFolder(data, dataDir, carried) === undefined ? howToAdd(data) : null;

/**
 * The folder with the files of an npm package that a data package carries. A checkout of Anchorage has that npm package
 * itself.
 *
 * @param dataDir null where only packages beside Anchorage count
 * @throws AnchorageError `unavailable` if the data package is not installed; the message says how to install it
 */
export const dataFolder = (data: DataPackage, dataDir: string | null, carried: string): string => {
  const found = carriedFolder(data, dataDir, carried);
  if (found === undefined) throw new AnchorageError("unavailable", howToAdd(data));
  return found;
};
