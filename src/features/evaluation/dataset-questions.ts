import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError } from "../../errors.ts";
import type { Progress } from "../../progress.ts";
import type { EncoderInfo, Log } from "../../types.ts";
import { promptsOf } from "../files/index.ts";
import type { LabelledImages } from "./datasets/index.ts";
import { embedImages, rowOf } from "./embed-images.ts";
import { embedTexts } from "./embed-texts.ts";
import type { Questions } from "./trial.ts";

/** Questions about the images of a data set, with the image of each. */
export interface DatasetQuestions extends Questions {
  readonly subjects: readonly string[];
}

/**
 * Embeds the images of a data set and the prompts of its classes. Image vectors are kept under `directory`.
 * Unreadable images are skipped and logged.
 *
 * @param path of the data set
 * @param templates each contains `{}` in place of a class's name
 * @throws AnchorageError `invalid-input` if none of the images can be read; the signal's reason if it aborts.
 */
export const embedDataset = async (
  path: string,
  dataset: LabelledImages,
  templates: readonly string[],
  options: {
    readonly registry: EncoderRegistry;
    readonly imageEncoder: EncoderInfo;
    readonly textEncoder: EncoderInfo;
    readonly directory: string;
    readonly signal: AbortSignal;
    readonly log: Log;
    readonly progress: Progress;
  },
): Promise<DatasetQuestions> => {
  const { registry, imageEncoder: encoder, textEncoder, directory, signal, log, progress } = options;
  const { images, classes, rejects } = dataset;
  const left = (source: string, reason: string): void => log.info(`left out: ${source}: ${reason}`);
  for (const { source, reason } of rejects) left(source, reason);
  const told = new Set<number>();
  const vectors = await embedImages(
    images.map(({ source, version, image }) => ({
      version: new TextEncoder().encode(`${source}\n${version}`),
      image,
    })),
    {
      path: join(directory, `${encoder.id}-${encoder.sha256.slice(0, 12)}`, `${digestOf(resolve(path))}.f32`),
      registry,
      encoder,
      signal,
      onProgress: (done) => progress.update(done, images.length),
      onUnusable: (index, reason) => {
        told.add(index);
        left(images[index]?.source ?? "", reason);
      },
    },
  );
  const readable = images.flatMap(({ source, truth }, row) => {
    const vector = rowOf(vectors, row, encoder.dimension);
    if (vector.some((value) => value !== 0)) return [{ source, truth, vector }];
    if (!told.has(row)) left(source, "an earlier run could not read it");
    return [];
  });
  if (readable.length === 0) throw new AnchorageError("invalid-input", `no image of ${path} can be read`);
  const prompts = classes.map(({ names }) => promptsOf(names, templates));
  const texts = await embedTexts(prompts.flat(), { registry, encoder: textEncoder, signal, log });
  return {
    images: readable.map(({ vector }) => vector),
    truths: readable.map(({ truth }) => truth),
    subjects: readable.map(({ source }) => source),
    classes: prompts.map((ofClass) => ({ prompts: ofClass.flatMap((prompt) => texts.get(prompt) ?? []) })),
  };
};

const digestOf = (path: string): string => createHash("sha256").update(path).digest("hex").slice(0, 16);
