import sharp from "sharp";
import type { COLOURS } from "../pretraining/index.ts";

export type Colour = (typeof COLOURS)[number];

/** Pixels a side that an image is looked at with. */
const SIDE = 64;
const OPAQUE = 128;
/** In HSV: from here on a pixel has a colour. */
const SATURATED = 0.25;
const BRIGHT = 0.2;
/** Of the opaque pixels so many must have a colour, or else black, grey and white are what counts. */
const COLOURFUL = 0.2;
/** Of the pixels that count, the share that a colour needs to be the image's. */
const MAJORITY = 0.5;

/** Hues in degrees up to which a colour goes. */
const HUES: readonly (readonly [number, Colour])[] = [
  [14, "red"],
  [42, "orange"],
  [68, "yellow"],
  [165, "green"],
  [255, "blue"],
  [290, "purple"],
  [340, "pink"],
  [360, "red"],
];

/**
 * Which colour an image is: of its opaque pixels those that have a hue, or where these are fewer than a fifth the others,
 * each counted as the colour that its hue, saturation and value fall in; the colour of more than half of them, if there
 * is one. Dark orange and yellow are brown, pale red is pink.
 *
 * @param image any file that sharp reads
 */
export const colourOfImage = async (image: Uint8Array): Promise<Colour | undefined> => {
  const { data } = await sharp(image)
    .resize(SIDE, SIDE, { fit: "contain", background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const hued = new Map<Colour, number>();
  const plain = new Map<Colour, number>();
  let [opaque, colourful] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    if ((data[at + 3] ?? 0) < OPAQUE) continue;
    opaque++;
    const [colour, isHued] = colourOfPixel(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
    const counts = isHued ? hued : plain;
    if (isHued) colourful++;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const isColourful = colourful >= COLOURFUL * opaque;
  const [counts, all] = isColourful ? [hued, colourful] : [plain, opaque - colourful];
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  return best !== undefined && best[1] > MAJORITY * all ? best[0] : undefined;
};

/** A pixel's colour, and whether that is one with a hue. */
export const colourOfPixel = (
  red: number,
  green: number,
  blue: number,
): readonly [colour: Colour, isHued: boolean] => {
  const value = Math.max(red, green, blue) / 255;
  const spread = value - Math.min(red, green, blue) / 255;
  const saturation = value === 0 ? 0 : spread / value;
  if (value < BRIGHT) return ["black", false];
  if (saturation < SATURATED) return [value > 0.85 ? "white" : value < 0.3 ? "black" : "grey", false];
  const hue = hueOf(red, green, blue);
  const [, named] = HUES.find(([end]) => hue < end) ?? [360, "red" as const];
  if ((named === "orange" || named === "yellow") && value < 0.65) return ["brown", true];
  if (named === "orange" && value < 0.8 && saturation < 0.75) return ["brown", true];
  if (named === "red" && value > 0.8 && saturation < 0.55) return ["pink", true];
  return [named, true];
};

/** In degrees. */
const hueOf = (red: number, green: number, blue: number): number => {
  const most = Math.max(red, green, blue);
  const spread = most - Math.min(red, green, blue);
  if (spread === 0) return 0;
  const sixth =
    most === red
      ? ((green - blue) / spread + 6) % 6
      : most === green
        ? (blue - red) / spread + 2
        : (red - green) / spread + 4;
  return 60 * sixth;
};
