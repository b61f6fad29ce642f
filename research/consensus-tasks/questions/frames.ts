import { createHash } from "node:crypto";
import sharp from "sharp";
import { embedImages } from "../../../src/features/evaluation/index.ts";
import type { EmbeddedEmoji } from "../../evaluation/index.ts";
import type { EncoderRegistry } from "../../../src/encoders/index.ts";
import { readPairs, QUERY_VENDOR } from "../../../src/features/sample/index.ts";

/** A drawing that turns, shrinks and moves over the picture, partly out of it: degrees, share of the width, offsets. */
const FRAMES = [
  { turn: -25, size: 0.7, left: -0.1, top: 0.15 },
  { turn: -8, size: 0.55, left: 0.1, top: 0.35 },
  { turn: 12, size: 0.6, left: 0.4, top: 0.3 },
  { turn: 30, size: 0.75, left: 0.4, top: -0.1 },
] as const;
const WIDTH = 256;

/**
 * The vectors of an animation's frames, one after another, of each emoji that is asked for, by hexcode. They are kept in
 * the file at `path`.
 */
export const embedFrames = async (
  hexcodes: readonly string[],
  options: {
    readonly registry: EncoderRegistry;
    readonly encoder: EmbeddedEmoji["image"];
    readonly path: string;
    readonly signal: AbortSignal;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<ReadonlyMap<string, Float32Array>> => {
  const drawings = new Map(
    (await readPairs([QUERY_VENDOR])).map((pair) => [pair.emoji.hexcode, pair.image] as const),
  );
  const frames = hexcodes.flatMap((hexcode) =>
    FRAMES.map((frame) => {
      const drawing = drawings.get(hexcode) ?? new Uint8Array();
      return {
        version: createHash("sha256").update(drawing).update(JSON.stringify(frame)).digest(),
        image: () => render(drawing, frame),
      };
    }),
  );
  const { encoder, onProgress } = options;
  const vectors = await embedImages(frames, {
    ...options,
    onProgress: (done) => onProgress(done, frames.length),
    onUnusable: () => undefined,
  });
  const size = FRAMES.length * encoder.dimension;
  return new Map(hexcodes.map((hexcode, i) => [hexcode, vectors.slice(i * size, (i + 1) * size)] as const));
};

const render = async (
  drawing: Uint8Array,
  { turn, size, left, top }: (typeof FRAMES)[number],
): Promise<Buffer> => {
  const clear = { r: 255, g: 255, b: 255, alpha: 0 };
  const turned = await sharp(drawing, { density: 300 })
    .resize(WIDTH, WIDTH, { fit: "contain", background: clear })
    .rotate(turn, { background: clear })
    .resize(Math.round(size * WIDTH), Math.round(size * WIDTH))
    .png()
    .toBuffer();
  // A margin all around, so that what is outside the picture can be cut off again.
  return sharp({ create: { width: 3 * WIDTH, height: 3 * WIDTH, channels: 3, background: "white" } })
    .composite([{ input: turned, left: Math.round((1 + left) * WIDTH), top: Math.round((1 + top) * WIDTH) }])
    .png()
    .toBuffer()
    .then((all) =>
      sharp(all).extract({ left: WIDTH, top: WIDTH, width: WIDTH, height: WIDTH }).png().toBuffer(),
    );
};
