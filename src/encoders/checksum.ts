import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AnchorageError } from "../errors.ts";
import { externalDataOf } from "./external-data.ts";
import type { EncoderManifest } from "./manifest.ts";

/** The SHA-256 of a file, in lower-case hex. */
export const fileSha256 = async (file: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
};

/**
 * Verifies the files of an encoder against its manifest.
 *
 * @throws AnchorageError `corrupt-file` if a file is missing or has another SHA-256, or if the model reads external
 * weights from a file that the manifest does not list
 */
export const verifyFiles = async (directory: string, manifest: EncoderManifest): Promise<void> => {
  const wrong = (what: string) => new AnchorageError("corrupt-file", `Encoder "${manifest.id}": ${what}.`);
  for (const [name, expected] of Object.entries(manifest.sha256)) {
    const found = await fileSha256(join(directory, name)).catch(() => undefined);
    if (found === undefined) throw wrong(`${name} cannot be read`);
    if (found !== expected) throw wrong(`${name} is not the file its sha256 names`);
  }
  for (const name of await externalDataOf(directory, manifest.files.model)) {
    if (manifest.sha256[name] === undefined)
      throw wrong(`its sha256 does not name ${name}, which holds weights`);
  }
};
