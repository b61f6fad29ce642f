import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { AnchorageError } from "../../../errors.ts";
import { readTextFile } from "../../files/index.ts";
import type { FoundImages } from "./types.ts";

const IMAGES = "test.bin";
const NAMES = "fine_label_names.txt";
const SIDE = 32;
const PIXELS = SIDE * SIDE;
/** A coarse label and a fine label. */
const LABELS = 2;
const RECORD = LABELS + 3 * PIXELS;

/** Finds the file of a CIFAR-100 binary test set: `path` itself, or a file in it. */
export const cifarFile = (path: string): string | undefined => {
  if (path.endsWith(".bin") && existsSync(path)) return path;
  return [path, join(path, "cifar-100-binary")]
    .map((folder) => join(folder, IMAGES))
    .find((file) => existsSync(file));
};

/**
 * CIFAR-100's binary version (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): records of
 * a coarse label, a fine label and 32 x 32 pixels, all red values first, then green, then blue. The fine labels are
 * the classes; their names are in `fine_label_names.txt` beside it.
 *
 * @throws AnchorageError `corrupt-file` if it does not consist of such records.
 */
export const readCifar = async (file: string): Promise<FoundImages> => {
  const names = (await readTextFile(join(dirname(file), NAMES))).split(/\r?\n/).filter((line) => line !== "");
  const bytes = await readFile(file);
  const { mtimeMs } = await stat(file);
  const count = bytes.length / RECORD;
  if (count === 0 || !Number.isInteger(count)) {
    throw new AnchorageError(
      "corrupt-file",
      `${file} has ${bytes.length} bytes, which are not whole CIFAR-100 records of ${RECORD}`,
    );
  }
  const labels = Array.from({ length: count }, (_, i) => bytes[i * RECORD + 1] ?? 0);
  const wrong = labels.findIndex((label) => label >= names.length);
  if (wrong >= 0) {
    throw new AnchorageError(
      "corrupt-file",
      `${file}: image ${wrong} has label ${labels[wrong] ?? ""}, and ${NAMES} names ${names.length}`,
    );
  }
  return {
    layout: `CIFAR-100 binary ${file}`,
    classes: names.map((key) => ({ key, names: [key.replaceAll("_", " ")] })),
    images: labels.map((truth, i) => ({
      source: `${file}#${i}`,
      version: `${bytes.length} ${mtimeMs}`,
      truth,
      image: () => pngOf(bytes.subarray(i * RECORD + LABELS, (i + 1) * RECORD)),
    })),
    rejects: [],
  };
};

/** @param planes red, green and blue, `[3, 32, 32]` */
const pngOf = (planes: Uint8Array): Promise<Uint8Array> => {
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < PIXELS; i++) {
    for (let channel = 0; channel < 3; channel++) pixels[3 * i + channel] = planes[channel * PIXELS + i] ?? 0;
  }
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
};
