import { AnchorageError, notFound } from "../errors.ts";
import type { Log } from "../types.ts";
import { openImageSession } from "./image-session.ts";
import type { ImageManifest, TextManifest } from "./manifest.ts";
import { readFolders } from "./read-folders.ts";
import { createSessions } from "./session.ts";
import { openTextSession } from "./text-session.ts";
import type { EncoderRegistry } from "./types.ts";

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
  const imageSessions = createSessions<Uint8Array>();
  const textSessions = createSessions<string>();
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const imageEncoder = (id: string): { directory: string; manifest: ImageManifest } => {
    for (const { directory, manifest } of registered)
      if (manifest.id === id && manifest.modality === "image") return { directory, manifest };
    throw notFound("image encoder", id);
  };

  const textEncoder = (id: string): { directory: string; manifest: TextManifest } => {
    for (const { directory, manifest } of registered)
      if (manifest.id === id && manifest.modality === "text") return { directory, manifest };
    throw notFound("text encoder", id);
  };

  /** One call may be several runs of the network; `close` waits for the whole of it. */
  const tracked = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closing !== undefined)
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
    get: (id, modality) => {
      const found = registered.find(({ info }) => info.id === id && info.modality === modality);
      if (found === undefined) throw notFound(`${modality} encoder`, id);
      return found.info;
    },
    defaultOf: (modality) => {
      const candidates = registered.filter(({ info }) => info.modality === modality);
      const found = candidates.find(({ info }) => info.default) ?? candidates[0];
      if (found === undefined) throw new AnchorageError("not-found", `There is no ${modality} encoder.`);
      return found.info;
    },
    encodeImages: async (id, images) => {
      const { directory, manifest } = imageEncoder(id);
      return tracked(async () => {
        const session = await imageSessions.of(id, () => openImageSession(directory, manifest));
        return session.encode(images);
      });
    },
    encodeTexts: async (id, texts) => {
      const { directory, manifest } = textEncoder(id);
      return tracked(async () => {
        const session = await textSessions.of(id, () => openTextSession(directory, manifest));
        return session.encode(texts);
      });
    },
    close: () => {
      closing ??= Promise.allSettled(running).then(async () => {
        await Promise.all([imageSessions.close(), textSessions.close()]);
      });
      return closing;
    },
  };
};
