import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Progress } from "../../src/progress.ts";
import { readPairs, VENDORS, type Emoji, type EmojiPair } from "../../src/features/sample/index.ts";
import type { EncoderInfo, Log } from "../../src/types.ts";
import { type Embedding, embedImages, embedTexts, rowOf } from "../../src/features/evaluation/index.ts";
import type { Drawn } from "./emoji-protocol.ts";
import { LAYERED_ENCODER } from "./layers.ts";

/** A drawing with its image vector, `[d]`. */
export interface EmbeddedPair extends Omit<EmojiPair, "image">, Drawn {
  readonly emoji: Emoji;
  readonly imageVector: Float32Array;
}

/** All drawings of all vendors with their vectors, and those of words about them. */
export interface EmbeddedEmoji {
  readonly pairs: readonly EmbeddedPair[];
  readonly texts: ReadonlyMap<string, Float32Array>;
  /** The encoders. */
  readonly image: EncoderInfo;
  readonly text: EncoderInfo;
}

/**
 * Embeds every drawing of every vendor, see {@link embedDrawings}, and the words that `texts` gives of each.
 *
 * @throws the signal's reason where it aborts.
 */
export const embedEmoji = async (
  options: Embedding & {
    /** Ids; absent: the default ones. */
    readonly imageEncoder: string | undefined;
    readonly textEncoder: string | undefined;
    /** Where image vectors are kept. */
    readonly directory: string;
    readonly progress: (label: string, unit: string) => Progress;
    readonly texts: (pair: EmbeddedPair) => readonly string[];
  },
): Promise<EmbeddedEmoji> => {
  const { registry, directory, texts } = options;
  const image = registry.get(options.imageEncoder ?? LAYERED_ENCODER, "image");
  const text = registry.get(options.textEncoder ?? registry.defaultOf("text").id, "text");
  const bar = options.progress("drawings", "images");
  const pairs = await embedDrawings(await readPairs(VENDORS.map(({ id }) => id)), {
    ...options,
    encoder: image,
    directory: join(directory, "vectors"),
    progress: bar,
  }).finally(() => bar.stop());
  return { pairs, image, text, texts: await embedTexts(pairs.flatMap(texts), { ...options, encoder: text }) };
};

/**
 * The image vectors of `pairs`. They are kept under `directory`, in a file a vendor, so that they are made once and an
 * interrupted run goes on where it was. Drawings that cannot be decoded are left out with a line in the log.
 *
 * @throws the signal's reason where it aborts.
 */
export const embedDrawings = async (
  pairs: readonly EmojiPair[],
  options: Embedding & {
    readonly encoder: EncoderInfo;
    readonly directory: string;
    readonly progress: Progress;
  },
): Promise<EmbeddedPair[]> => {
  const { encoder, directory, progress, registry, signal, log } = options;
  const folder = join(directory, `${encoder.id}-${encoder.sha256.slice(0, 12)}`);
  const embedded: EmbeddedPair[] = [];
  let before = 0;
  for (const [vendor, drawings] of byVendor(pairs)) {
    const started = before;
    const vectors = await embedImages(
      drawings.map(({ image }) => ({ version: image, image: () => Promise.resolve(image) })),
      {
        path: join(folder, `${vendor}.f32`),
        registry,
        encoder,
        signal,
        onProgress: (done) => progress.update(started + done, pairs.length),
        onUnusable: () => undefined,
      },
    );
    before += drawings.length;
    embedded.push(...readableOf(drawings, vectors, encoder.dimension, log));
  }
  return embedded;
};

/** In order of hexcode, so that the order in which pairs are read does not matter to what is kept. */
const byVendor = (pairs: readonly EmojiPair[]): Map<string, EmojiPair[]> => {
  const vendors = new Map<string, EmojiPair[]>();
  for (const pair of [...pairs].sort((a, b) => (a.emoji.hexcode < b.emoji.hexcode ? -1 : 1))) {
    const known = vendors.get(pair.vendor);
    if (known === undefined) vendors.set(pair.vendor, [pair]);
    else known.push(pair);
  }
  return vendors;
};

const readableOf = (
  pairs: readonly EmojiPair[],
  vectors: Float32Array,
  dimension: number,
  log: Log,
): EmbeddedPair[] => {
  const left: string[] = [];
  const kept = pairs.flatMap(({ id, vendor, emoji, image }, row) => {
    const imageVector = rowOf(vectors, row, dimension);
    const digest = createHash("sha256").update(image).digest("hex");
    if (imageVector.some((value) => value !== 0)) return [{ id, vendor, emoji, digest, imageVector }];
    left.push(id);
    return [];
  });
  if (left.length > 0) log.info(`left out, for they cannot be decoded: ${left.join(", ")}`);
  return kept;
};
