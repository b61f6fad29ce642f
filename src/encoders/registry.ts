import { AnchorageError, isAnchorageError, notFound } from "../errors.ts";
import type { Log, Modality } from "../types.ts";
import { makeNetwork } from "./defaults/index.ts";
import { openImageSession } from "./image-session.ts";
import type { EncoderManifest, ImageManifest, TextManifest } from "./manifest.ts";
import { addCuts, layersOf, madeNetworks, passesOf, readNetworks, type Pass } from "./networks.ts";
import { readFolders, type Registered } from "./read-folders.ts";
import { createSessions, type EncoderSession, type Sessions } from "./session.ts";
import { openTextSession } from "./text-session.ts";
import type { EncoderRegistry } from "./types.ts";

/**
 * Reads every sub-folder of `folders` as an encoder: one with an `encoder.json`, or one as Hugging Face lays it out.
 * A folder that cannot be read is left out with a line that says why; of two with one id the first counts. Networks
 * are loaded when they are first used.
 *
 * @param options.networks where the networks lie, or will, whose cuts come with Anchorage; absent, there are none
 */
export const openEncoderRegistry = async (options: {
  readonly folders: readonly string[];
  readonly networks?: string;
  readonly log: Log;
}): Promise<EncoderRegistry> => {
  const { log, networks } = options;
  const cuts = networks === undefined ? [] : readNetworks(networks);
  const registered = addCuts(await readFolders(options.folders, log), cuts, log);
  const made = await madeNetworks(cuts);
  const imageSessions = createSessions<Uint8Array>();
  const textSessions = createSessions<string>();
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const encoderOf = (id: string, modality: Modality): Registered => {
    const found = registered.find(({ info }) => info.id === id && info.modality === modality);
    if (found === undefined) throw notFound(`${modality} encoder`, id);
    return found;
  };

  /** Of the images' encoders and of their layers. */
  const imageEncoderOf = (id: string): Registered => {
    for (const encoder of registered) {
      const layer = encoder.layers.find(({ info }) => info.id === id);
      if (layer !== undefined) return { ...encoder, ...layer, layers: [] };
    }
    return encoderOf(id, "image");
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

  /** Makes the network first where it is not there, and anew where it is not what it was. */
  const opened = async <T>({ directory, network }: Registered, open: () => Promise<T>): Promise<T> => {
    if (network === undefined || networks === undefined) return open();
    const make = async (): Promise<T> => {
      await makeNetwork(networks, network, log);
      made.add(directory);
      return open();
    };
    if (!made.has(directory)) return make();
    return open().catch((error: unknown) => {
      if (isAnchorageError(error) && error.code === "corrupt-file") return make();
      throw error;
    });
  };

  const encode = async <T>(
    wanted: readonly Registered[],
    inputs: readonly T[],
    sessions: Sessions<T>,
    open: (directory: string, manifest: EncoderManifest) => Promise<EncoderSession<T>>,
  ): Promise<Float32Array[]> => {
    const rows: Float32Array[] = [];
    const run = async ({ directory, cuts: [first], cuts, places }: Pass): Promise<void> => {
      if (first === undefined) return;
      const session = await sessions.of(directory, () =>
        opened(first, () => open(directory, first.manifest)),
      );
      const vectors = await session.encode(
        inputs,
        cuts.map(({ manifest }) => manifest),
      );
      places.forEach((place, i) => (rows[place] = vectors[i] ?? new Float32Array(0)));
    };
    for (const pass of passesOf(wanted)) await run(pass);
    return rows;
  };

  const encodeImages = (ids: readonly string[], images: readonly Uint8Array[]) => {
    const wanted = ids.map(imageEncoderOf);
    return tracked(() =>
      encode(wanted, images, imageSessions, (directory, manifest) =>
        openImageSession(directory, manifest as ImageManifest),
      ),
    );
  };

  const encodeTexts = (ids: readonly string[], texts: readonly string[]) => {
    const wanted = ids.map((id) => encoderOf(id, "text"));
    return tracked(() =>
      encode(wanted, texts, textSessions, (directory, manifest) =>
        openTextSession(directory, manifest as TextManifest),
      ),
    );
  };

  return {
    list: () =>
      registered.map((encoder) => ({
        ...encoder.info,
        layers: layersOf(encoder, registered),
        built: encoder.network === undefined || made.has(encoder.directory),
      })),
    layer: (id) => imageEncoderOf(id).info,
    get: (id, modality) => encoderOf(id, modality).info,
    defaultOf: (modality) => {
      const candidates = registered.filter(({ info }) => info.modality === modality);
      // A cut of a network is only taken by its name.
      const found =
        candidates.find(({ info }) => info.default) ??
        candidates.find(({ network }) => network === undefined);
      if (found === undefined) throw new AnchorageError("not-found", `There is no ${modality} encoder.`);
      return found.info;
    },
    encodeImages: async (id, images) => {
      const [rows] = await encodeImages([id], images);
      return rows ?? new Float32Array(0);
    },
    encodeTexts: async (id, texts) => {
      const [rows] = await encodeTexts([id], texts);
      return rows ?? new Float32Array(0);
    },
    encodeImagesByAll: async (ids, images) => encodeImages(ids, images),
    encodeTextsByAll: async (ids, texts) => encodeTexts(ids, texts),
    close: () => {
      closing ??= Promise.allSettled(running).then(async () => {
        await Promise.all([imageSessions.close(), textSessions.close()]);
      });
      return closing;
    },
  };
};
