import { join } from "node:path";
import { embedDrawings, type EmbeddedEmoji, type EmbeddedPair } from "../evaluation/index.ts";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import type { Progress } from "../../src/progress.ts";
import { emojiCaption, readPairs, VENDORS } from "../../src/features/sample/index.ts";
import type { EncoderInfo, Log, Metadata } from "../../src/types.ts";
import { captionText, createCaptionTask, createKeywordEncoder } from "./caption/index.ts";
import { openEmojiStore, openPartOf, openSecondStore, type Counts, type EmojiStore } from "./emoji-store.ts";
import { createQuestionsTask, embedFrames, type Owned } from "./questions/index.ts";

/** Of another architecture than the default encoder, trained on the same photographs. */
const SECOND_ENCODER = "mobilenet-v2-out";

/** Hands that draw, by owners who do not show each other what they have. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  first: ["noto", "noto-v1", "fxemoji"],
  second: ["emojione", "emojione-v1"],
  third: ["fluent-emoji-flat", "openmoji"],
};

interface Means {
  readonly registry: EncoderRegistry;
  /** Where vectors are kept. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}

type Describe = (pair: EmbeddedPair) => {
  readonly caption: string;
  readonly vector: Float32Array;
  readonly metadata: Metadata;
};

/** @param use what is done with the task, while its stores are open */
export const withCaptionTask = <T>(
  emoji: EmbeddedEmoji,
  counts: Counts,
  means: Means,
  use: (task: ReturnType<typeof createCaptionTask>) => Promise<T>,
): Promise<T> => {
  const encode = createKeywordEncoder(emoji.texts);
  const describe: Describe = ({ emoji: drawn }) => {
    const caption = captionText(drawn);
    return { caption, vector: encode(caption) ?? new Float32Array(emoji.text.dimension), metadata: {} };
  };
  return withStores(emoji, counts, means, describe, (store, second) =>
    use(createCaptionTask(store, second, emoji)),
  );
};

/** @param use what is done with the task, while its stores are open */
export const withQuestionsTask = async <T>(
  emoji: EmbeddedEmoji,
  counts: Counts,
  means: Means,
  use: (task: ReturnType<typeof createQuestionsTask>) => Promise<T>,
): Promise<T> => {
  const describe: Describe = ({ emoji: drawn }) => ({
    caption: emojiCaption(drawn),
    vector: emoji.texts.get(emojiCaption(drawn)) ?? new Float32Array(emoji.text.dimension),
    metadata: { subgroup: drawn.subgroup, tags: [...drawn.tags] },
  });
  const { directory, progress } = means;
  const { id, sha256 } = emoji.image;
  const store = await openEmojiStore(emoji, counts, describe);
  const opened = [store];
  try {
    const hexcodes = [...store.development, ...store.test].map(({ emoji: drawn }) => drawn.hexcode);
    const name = `frames-${counts.development}-${counts.test}-${counts.seed}.f32`;
    const path = join(directory, `${id}-${sha256.slice(0, 12)}`, name);
    const bar = progress("frames", "frames");
    const onProgress = (done: number, total: number): void => bar.update(done, total);
    const options = { ...means, encoder: emoji.image, path, onProgress };
    const frames = await embedFrames(hexcodes, options).finally(() => bar.stop());
    const owned: Owned[] = [];
    for (const [owner, hands] of Object.entries(OWNERS)) {
      const part = await openPartOf(store, emoji, ({ vendor }) => hands.includes(vendor), describe);
      opened.push(part);
      owned.push({ owner, store: part });
    }
    return await use(createQuestionsTask(owned, emoji, frames));
  } finally {
    for (const { space } of opened) space.close();
  }
};

const withStores = async <T>(
  emoji: EmbeddedEmoji,
  counts: Counts,
  means: Means,
  describe: Describe,
  use: (store: EmojiStore, second: EmojiStore) => Promise<T>,
): Promise<T> => {
  const store = await openEmojiStore(emoji, counts, describe);
  try {
    const image = means.registry.get(SECOND_ENCODER, "image");
    const vectors = await vectorsBy(image, store, counts.seed, means);
    const second = await openSecondStore(store, { image, text: emoji.text }, vectors, describe);
    try {
      return await use(store, second);
    } finally {
      second.space.close();
    }
  } finally {
    store.space.close();
  }
};

/** The vectors of a store's drawings by another encoder, by their ids. */
const vectorsBy = async (
  encoder: EncoderInfo,
  { anchors, development, test }: EmojiStore,
  seed: number,
  means: Means,
): Promise<ReadonlyMap<string, Float32Array>> => {
  const wanted = new Set([...anchors, ...development, ...test].map(({ id }) => id));
  const drawings = (await readPairs(VENDORS.map(({ id }) => id))).filter(({ id }) => wanted.has(id));
  const progress = means.progress(`drawings by ${encoder.id}`, "images");
  const counts = [anchors.length, development.length, test.length, seed];
  const directory = join(means.directory, `consensus-${counts.join("-")}`);
  const embedded = await embedDrawings(drawings, { ...means, encoder, directory, progress }).finally(() =>
    progress.stop(),
  );
  return new Map(embedded.map(({ id, imageVector }) => [id, imageVector] as const));
};
