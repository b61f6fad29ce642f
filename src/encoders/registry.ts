import { AnchorageError, isAnchorageError, notFound } from "../errors.ts";
import { traced, type SpanStart } from "../tracing.ts";
import type { Log, Modality } from "../types.ts";
import { makeOriginal, makeThumbnail } from "./image.ts";
import { DEFAULT_MAX_PIXELS } from "./decoding/index.ts";
import { openImageSession } from "./image-session.ts";
import type { EncoderManifest, ImageManifest, TextManifest } from "./manifest.ts";
import { removeCutFiles } from "./cut-file.ts";
import { addCuts, layersOf, madeNetworks, outputsOf, passesOf, cutsOf, type Pass } from "./networks.ts";
import { readFolders, type Registered } from "./read-folders.ts";
import { createSessions, type EncoderSession, type Sessions } from "./session.ts";
import { openTextSession } from "./text-session.ts";
import type { SharedNetwork } from "./source.ts";
import type { EncoderRegistry } from "./types.ts";

type OpenSession<T> = (
  directory: string,
  manifest: EncoderManifest,
  outputs: readonly string[] | null,
) => Promise<EncoderSession<T>>;

const openText: OpenSession<string> = (directory, manifest, outputs) =>
  openTextSession(directory, manifest as TextManifest, outputs);

/**
 * Opens the registry of all encoders in `folders`, each subfolder with an `encoder.json` or in Hugging Face layout.
 * Invalid folders are skipped and logged; if two have the same id, the first counts. Networks are loaded on first use.
 *
 * @param options.networks shared networks, built in their directory on first use; their cuts are registered as encoders
 * @param options.maxPixels images of more pixels are rejected, 200 million if absent
 * @example
 * ```ts
 * const registry = await openEncoderRegistry({ folders: ["./data/encoders"], log });
 * const { id, dimension } = registry.defaultOf("text");
 * const vectors = await registry.encodeTexts(id, ["a cat", "a dog"]); // [2, dimension]
 * await registry.close();
 * ```
 */
export const openEncoderRegistry = async (options: {
  readonly folders: readonly string[];
  readonly networks?: { readonly directory: string; readonly known: readonly SharedNetwork[] };
  readonly maxPixels?: number;
  readonly log: Log;
}): Promise<EncoderRegistry> => {
  const { log, networks, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const cuts = networks === undefined ? [] : cutsOf(networks.known, networks.directory);
  const registered = addCuts(await readFolders(options.folders, log), cuts, log);
  const made = await madeNetworks(cuts);
  await Promise.all([...made].map(removeCutFiles));
  const imageSessions = createSessions<Uint8Array>();
  const textSessions = createSessions<string>();
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const encoderOf = (id: string, modality: Modality): Registered => {
    const found = registered.find(({ info }) => info.id === id && info.modality === modality);
    if (found === undefined) throw notFound(`${modality} encoder`, id);
    return found;
  };

  /** Finds an image encoder or one of its layers. */
  const imageEncoderOf = (id: string): Registered => {
    for (const encoder of registered) {
      const layer = encoder.layers.find(({ info }) => info.id === id);
      if (layer !== undefined) return { ...encoder, ...layer, layers: [] };
    }
    return encoderOf(id, "image");
  };

  /** Tracks a call, which may run several networks, so that `close` can wait for it. */
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

  /** Opens a network; builds it first if it is missing, and again if its files are corrupt. */
  const opened = async <T>({ directory, network }: Registered, open: () => Promise<T>): Promise<T> => {
    if (network === undefined || networks === undefined) return open();
    const make = async (): Promise<T> => {
      await network.make(networks.directory, log);
      made.add(directory);
      return open();
    };
    if (!made.has(directory)) return make();
    return open().catch((error: unknown) => {
      if (isAnchorageError(error) && error.code === "corrupt-file") return make();
      throw error;
    });
  };

  /** One session for an encoder's folder, or for each depth to which a network is needed. */
  const sessionOf = <T>(
    encoder: Registered,
    outputs: readonly string[] | null,
    sessions: Sessions<T>,
    open: OpenSession<T>,
  ): Promise<EncoderSession<T>> => {
    const { directory, manifest } = encoder;
    const depth = outputs?.at(-1);
    return sessions.of(depth === undefined ? directory : `${directory}#${depth}`, () =>
      opened(encoder, () => open(directory, manifest, outputs)),
    );
  };

  const encode = async <T>(
    wanted: readonly Registered[],
    inputs: readonly T[],
    sessions: Sessions<T>,
    open: OpenSession<T>,
  ): Promise<Float32Array[]> => {
    const rows: Float32Array[] = [];
    const run = async ({ cuts: [first], cuts, places }: Pass): Promise<void> => {
      if (first === undefined) return;
      const session = await sessionOf(first, outputsOf(cuts), sessions, open);
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
      traced(spanOf("images", ids, images.length), () =>
        encode(wanted, images, imageSessions, (directory, manifest, outputs) =>
          openImageSession(directory, manifest as ImageManifest, { maxPixels, outputs }),
        ),
      ),
    );
  };

  const encodeTexts = (ids: readonly string[], texts: readonly string[]) => {
    const wanted = ids.map((id) => encoderOf(id, "text"));
    return tracked(() =>
      traced(spanOf("texts", ids, texts.length), () => encode(wanted, texts, textSessions, openText)),
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
      // A cut of a shared network is used only by explicit id.
      const found =
        candidates.find(({ info }) => info.default) ??
        candidates.find(({ network }) => network === undefined);
      if (found === undefined)
        throw new AnchorageError(
          "not-found",
          `There is no ${modality} encoder. Run \`anchorage encoders add default\` and start again, or store vectors of your own: ` +
            `"${modality}Encoder": {"external": {"dimension": 768}}.`,
        );
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
    unknownShares: (id, texts) =>
      tracked(async () => {
        const encoder = encoderOf(id, "text");
        const session = await sessionOf(encoder, outputsOf([encoder]), textSessions, openText);
        return (await session.unknownShares?.(texts)) ?? texts.map(() => 0);
      }),
    makeThumbnail: (image) => makeThumbnail(image, maxPixels),
    makeOriginal: (image, keeping) => makeOriginal(image, keeping, maxPixels),
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

const spanOf = (what: "images" | "texts", ids: readonly string[], count: number): SpanStart => ({
  name: `encode ${what}`,
  attributes: { "anchorage.encoder": ids.join(","), "anchorage.count": count },
});
