import type { EncoderRegistry } from "../encoders/index.ts";
import { AnchorageError, isAnchorageError, type ErrorCode } from "../errors.ts";
import { openPairSource } from "../ingest/index.ts";
import type { Progress } from "../progress.ts";
import type { EncoderInfo, Log } from "../types.ts";
import type { Questions } from "./trial.ts";

const SLOT = "{}";
/** What an image itself may be at fault for. */
const UNUSABLE: ReadonlySet<ErrorCode> = new Set(["invalid-input", "too-large"]);

/** Questions about the images of a folder, and which file each is. */
export interface LabelledFolder extends Questions {
  readonly subjects: readonly string[];
  readonly names: readonly string[];
}

/**
 * Reads images whose class is the name of the folder they lie in, and embeds images and class names. What cannot be
 * read is left out with a line in the log.
 *
 * @param templates each holds `{}` once, in place of the class's name
 * @throws AnchorageError `invalid-input` where fewer than two classes have images; the signal's reason where it aborts.
 */
export const readLabelledFolder = async (
  folder: string,
  templates: readonly string[],
  options: {
    readonly registry: EncoderRegistry;
    readonly imageEncoder: EncoderInfo;
    readonly textEncoder: EncoderInfo;
    readonly signal: AbortSignal;
    readonly log: Log;
    readonly progress: Progress;
  },
): Promise<LabelledFolder> => {
  const { registry, imageEncoder, textEncoder, signal, log, progress } = options;
  const source = await openPairSource([folder], { captionFrom: "folder", table: {} });
  const classes = new Map<string, number>();
  const images: Float32Array[] = [];
  const truths: number[] = [];
  const subjects: string[] = [];
  for await (const entry of source.entries()) {
    signal.throwIfAborted();
    progress.update(Math.round(source.fraction() * 100), 100);
    if (entry.kind === "reject") {
      log(`left out: ${entry.source}: ${entry.reason}`);
      continue;
    }
    const vector = await entry
      .image()
      .then((bytes) => registry.encodeImages(imageEncoder.id, [bytes]))
      .catch((error: unknown) => {
        if (!isAnchorageError(error) || !UNUSABLE.has(error.code)) throw error;
        log(`left out: ${entry.source}: ${error.message}`);
      });
    if (vector === undefined) continue;
    if (!classes.has(entry.text)) classes.set(entry.text, classes.size);
    images.push(vector);
    truths.push(classes.get(entry.text) ?? -1);
    subjects.push(entry.source);
  }
  if (classes.size < 2) {
    throw new AnchorageError(
      "invalid-input",
      `${folder} has images of ${classes.size} classes; at least two folders with images are needed, one a class.`,
    );
  }
  const names = [...classes.keys()];
  const texts = names.flatMap((name) => templates.map((template) => template.replaceAll(SLOT, () => name)));
  const rows = await registry.encodeTexts(textEncoder.id, texts);
  const d = textEncoder.dimension;
  const rowAt = (row: number): Float32Array => rows.subarray(row * d, (row + 1) * d);
  return {
    images,
    truths,
    subjects,
    names,
    classes: names.map((_, i) => ({ prompts: templates.map((_, j) => rowAt(i * templates.length + j)) })),
  };
};
