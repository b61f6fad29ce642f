import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AnchorageError, messageOf, notFound } from "../errors.ts";
import type { EncoderId, EncoderInfo, Log, Modality } from "../types.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readHuggingFaceFolder } from "./hugging-face.ts";
import { encoderManifest, MANIFEST_FILE, type EncoderManifest } from "./manifest.ts";
import { openImageSession, openTextSession, type EncoderSession } from "./session.ts";
import type { EncoderRegistry } from "./types.ts";

interface Registered {
  readonly directory: string;
  readonly manifest: EncoderManifest;
  readonly info: EncoderInfo;
}

/**
 * Reads every sub-folder of `folders` as an encoder: one with an `encoder.json`, or one as Hugging Face lays it out.
 * A folder that cannot be read is left out with a line that says why; of two with one id the first counts. Networks
 * are loaded when they are first used.
 */
export const openEncoderRegistry = async (options: {
  readonly folders: readonly string[];
  readonly log: Log;
}): Promise<EncoderRegistry> => {
  const registered = await readFolders(options.folders, options.log);
  const imageSessions = new Map<string, Promise<EncoderSession<Uint8Array>>>();
  const textSessions = new Map<string, Promise<EncoderSession<string>>>();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const find = (id: string, modality: Modality): Registered => {
    const found = registered.find(({ info }) => info.id === id && info.modality === modality);
    if (found === undefined) throw notFound(`${modality} encoder`, id);
    return found;
  };

  /** One session an encoder, opened once; a failure is forgotten, so that a mended folder can be tried again. */
  const sessionOf = <T>(
    sessions: Map<string, Promise<EncoderSession<T>>>,
    id: string,
    open: () => Promise<EncoderSession<T>>,
  ): Promise<EncoderSession<T>> => {
    const known = sessions.get(id);
    if (known !== undefined) return known;
    const session = open();
    sessions.set(id, session);
    session.catch(() => sessions.delete(id));
    return session;
  };

  /** One call may be several runs of the network; `close` waits for the whole of it. */
  const tracked = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed)
      throw new AnchorageError("unavailable", "The encoders are closed, for the service is stopping.");
    const run = work();
    running.add(run);
    try {
      return await run;
    } finally {
      running.delete(run);
    }
  };

  return {
    list: () => registered.map(({ info }) => info),
    get: (id, modality) => find(id, modality).info,
    defaultOf: (modality) => {
      const candidates = registered.filter(({ info }) => info.modality === modality);
      const found = candidates.find(({ info }) => info.default) ?? candidates[0];
      if (found === undefined) throw new AnchorageError("not-found", `There is no ${modality} encoder.`);
      return found.info;
    },
    encodeImages: async (id, images) => {
      const { directory, manifest } = find(id, "image");
      if (manifest.modality !== "image") throw notFound("image encoder", id);
      return tracked(async () => {
        const session = await sessionOf(imageSessions, id, () => openImageSession(directory, manifest));
        return session.encode(images);
      });
    },
    encodeTexts: async (id, texts) => {
      const { directory, manifest } = find(id, "text");
      if (manifest.modality !== "text") throw notFound("text encoder", id);
      return tracked(async () => {
        const session = await sessionOf(textSessions, id, () => openTextSession(directory, manifest));
        return session.encode(texts);
      });
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(running);
      const open = [...imageSessions.values(), ...textSessions.values()];
      await Promise.all(open.map((session) => session.then((s) => s.close()).catch(() => undefined)));
    },
  };
};

const readFolders = async (folders: readonly string[], log: Log): Promise<Registered[]> => {
  const registered = new Map<string, Registered>();
  for (const folder of folders) {
    for (const directory of await subfolders(folder)) {
      try {
        const manifest = await readManifest(directory);
        const known = registered.get(manifest.id);
        if (known === undefined) registered.set(manifest.id, { directory, manifest, info: infoOf(manifest) });
        else
          log(
            `encoder folder ${directory} is left out: ${known.directory} has the id "${manifest.id}" already`,
          );
      } catch (error) {
        log(`encoder folder ${directory} is left out: ${reasonOf(error)}`);
      }
    }
  }
  return [...registered.values()].sort(
    (a, b) => a.info.modality.localeCompare(b.info.modality) || (a.info.id < b.info.id ? -1 : 1),
  );
};

/** In name order; folders whose names begin with a dot are works in progress. */
const subfolders = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
    .map((entry) => join(folder, entry.name))
    .sort();
};

const readManifest = async (directory: string): Promise<EncoderManifest> => {
  const text = await readFile(join(directory, MANIFEST_FILE), "utf8").catch(() => undefined);
  return text === undefined ? readHuggingFaceFolder(directory) : encoderManifest.parse(JSON.parse(text));
};

const infoOf = (manifest: EncoderManifest): EncoderInfo => ({
  id: manifest.id as EncoderId,
  modality: manifest.modality,
  dimension: manifest.dimension,
  default: manifest.default,
  sha256: fingerprintOf(manifest),
  source: manifest.source,
  licence: manifest.licence,
});

const reasonOf = (error: unknown): string =>
  error instanceof z.ZodError
    ? error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ")
    : messageOf(error);
