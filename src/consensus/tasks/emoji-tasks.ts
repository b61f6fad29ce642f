import { join } from "node:path";
import type { EmbeddedEmoji } from "../../evaluation/index.ts";
import type { EncoderRegistry } from "../../encoders/index.ts";
import { captionOf } from "../../sample/index.ts";
import { captionText, createCaptionTask, createKeywordEncoder } from "./caption/index.ts";
import { openEmojiStore } from "./emoji-store.ts";
import { createQuestionsTask, embedFrames } from "./questions/index.ts";

interface Counts {
  readonly anchors: number;
  readonly development: number;
  readonly test: number;
}

/** @param use what is done with the task, while its store is open */
export const withCaptionTask = async <T>(
  emoji: EmbeddedEmoji,
  counts: Counts,
  use: (task: ReturnType<typeof createCaptionTask>) => Promise<T>,
): Promise<T> => {
  const encode = createKeywordEncoder(emoji.texts);
  const store = await openEmojiStore(emoji, counts, ({ emoji: drawn }) => {
    const caption = captionText(drawn);
    return { caption, vector: encode(caption) ?? new Float32Array(emoji.text.dimension), metadata: {} };
  });
  try {
    return await use(createCaptionTask(store, emoji));
  } finally {
    store.space.close();
  }
};

/** @param options.directory where frames' vectors are kept */
export const withQuestionsTask = async <T>(
  emoji: EmbeddedEmoji,
  counts: Counts,
  options: {
    readonly registry: EncoderRegistry;
    readonly directory: string;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number, total: number) => void;
  },
  use: (task: ReturnType<typeof createQuestionsTask>) => Promise<T>,
): Promise<T> => {
  const store = await openEmojiStore(emoji, counts, ({ emoji: drawn }) => ({
    caption: captionOf(drawn),
    vector: emoji.texts.get(captionOf(drawn)) ?? new Float32Array(emoji.text.dimension),
    metadata: { subgroup: drawn.subgroup, tags: [...drawn.tags] },
  }));
  try {
    const hexcodes = [...store.development, ...store.test].map(({ emoji: drawn }) => drawn.hexcode);
    const name = `frames-${counts.development}-${counts.test}.f32`;
    const path = join(options.directory, `${emoji.image.id}-${emoji.image.sha256.slice(0, 12)}`, name);
    const frames = await embedFrames(hexcodes, { ...options, encoder: emoji.image, path });
    return await use(createQuestionsTask(store, emoji, frames));
  } finally {
    store.space.close();
  }
};
