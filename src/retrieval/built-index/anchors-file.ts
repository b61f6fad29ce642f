import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { jsonLines } from "../../json-lines.ts";
import type { AnchorId } from "../../types.ts";
import { sumOf, type BuiltAnchors } from "../adoption.ts";
import type { AnchorView, Slot } from "../types.ts";

const LINES_AT_ONCE = 1_024;

const line = z.tuple([z.string(), z.number(), z.number()]);

/** Writes the anchor of each label with the checksums of its vectors. */
export const writeAnchors = async (
  path: string,
  view: AnchorView,
  slots: Int32Array,
  signal: AbortSignal,
): Promise<void> => {
  const handle = await open(path, "w");
  try {
    for (let first = 0; first < slots.length; first += LINES_AT_ONCE) {
      signal.throwIfAborted();
      const some = slots.subarray(first, first + LINES_AT_ONCE);
      await handle.write(Array.from(some, (slot) => lineOf(view, slot)).join(""));
    }
  } finally {
    await handle.close();
  }
};

const lineOf = (view: AnchorView, slot: Slot): string => {
  const [image, text] = [view.vectors("image", [slot]), view.vectors("text", [slot])];
  return `${JSON.stringify([view.entry(slot).id, sumOf(image), sumOf(text)])}\n`;
};

/** @throws the error of the file system or of the parser */
export const readAnchors = async (path: string, count: number): Promise<BuiltAnchors> => {
  const ids: AnchorId[] = [];
  const sums = { image: new Uint32Array(count), text: new Uint32Array(count) };
  for await (const text of jsonLines(createReadStream(path))) {
    const [id, image, label] = line.parse(JSON.parse(text));
    sums.image[ids.length] = image;
    sums.text[ids.length] = label;
    ids.push(id as AnchorId);
  }
  if (ids.length !== count) throw new RangeError(`${path} names ${ids.length} anchors in place of ${count}`);
  return { ids, sums };
};
