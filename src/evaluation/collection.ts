import type { Application } from "../application/index.ts";
import type { CollectionInfo } from "../collections/index.ts";
import type { EncoderRegistry } from "../encoders/index.ts";
import { AnchorageError } from "../errors.ts";
import type { Progress } from "../progress.ts";
import type { CollectionName, EncoderInfo, Log, Modality } from "../types.ts";
import { heldOutTasks, type LabelledAnchor } from "./held-out.ts";
import { readLabelledFolder } from "./labelled-folder.ts";
import { seriesOf, type Report } from "./report.ts";
import { runSubsets } from "./subsets.ts";

export interface CollectionOptions {
  readonly application: Application;
  readonly collection: CollectionName;
  readonly seeds: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}

/**
 * Holds classes of a collection out of its anchors and asks for them, by ever more of the other anchors.
 *
 * @param options.field see {@link heldOutTasks}
 * @throws AnchorageError `invalid-input` where there are too few classes; the signal's reason where it aborts.
 */
export const evaluateCollection = async (
  options: CollectionOptions & { readonly classes: number; readonly field: string | undefined },
): Promise<Report> => {
  const { collection, field, seeds } = options;
  const { info, anchors } = await readCollection(options);
  const { classes, taskOf } = heldOutTasks(anchors, field, options.classes);
  const rows = await overSubsets(options, info, taskOf);
  const what = field === undefined ? "captions" : `values of "${field}"`;
  return {
    title: `Collection "${collection}" on its own anchors`,
    about: `${seeds} runs, each with ${classes} ${what} held out; ${parametersOf(info)}`,
    settings: { collection: settled(info), seeds, classes, field },
    rows,
    series: seriesOf("", rows),
  };
};

/**
 * Classifies the images of a labelled folder by a collection, and by ever larger parts of it.
 *
 * @throws AnchorageError `not-found` or `conflict` where the collection's encoders are not here; the signal's reason
 * where it aborts.
 */
export const evaluateFolder = async (
  options: CollectionOptions & {
    readonly registry: EncoderRegistry;
    readonly folder: string;
    readonly templates: readonly string[];
  },
): Promise<Report> => {
  const { collection, folder, templates, registry, seeds, progress } = options;
  const { info, anchors } = await readCollection(options);
  const hashes = await options.application.encoderHashes(info);
  const bar = progress("images", "%");
  const questions = await readLabelledFolder(folder, templates, {
    ...options,
    imageEncoder: encoderOf(registry, info, hashes, "image"),
    textEncoder: encoderOf(registry, info, hashes, "text"),
    progress: bar,
  }).finally(() => bar.stop());
  const rows = await overSubsets(options, info, () => ({ ...questions, anchors }));
  return {
    title: `${folder} by collection "${collection}"`,
    about: `${questions.images.length} images of ${questions.names.length} classes, ${seeds} draws of anchors; ${parametersOf(info)}`,
    settings: { collection: settled(info), seeds, folder, templates, classes: questions.names },
    rows,
    series: seriesOf("", rows),
  };
};

const readCollection = async ({ application, collection, progress, signal }: CollectionOptions) => {
  const info = await application.get(collection);
  const bar = progress("reading", "anchors");
  const anchors: LabelledAnchor[] = [];
  try {
    for await (const { id, text, metadata, imageVector, textVector } of application.anchorsWithVectors(
      collection,
    )) {
      signal.throwIfAborted();
      anchors.push({
        id,
        text,
        metadata,
        imageVector: Float32Array.from(imageVector ?? []),
        textVector: Float32Array.from(textVector ?? []),
      });
      bar.update(anchors.length, info.anchorCount);
    }
  } finally {
    bar.stop();
  }
  if (anchors.length > 0) return { info, anchors };
  throw new AnchorageError("invalid-input", `Collection "${collection}" has no anchors.`);
};

const overSubsets = async (
  { seeds, signal, progress }: CollectionOptions,
  { asif, transform }: CollectionInfo,
  taskOf: Parameters<typeof runSubsets>[0],
) => {
  const bar = progress("trials", "trials");
  return runSubsets(
    taskOf,
    { ...asif, transform },
    { seeds, signal, onProgress: (done, total) => bar.update(done, total) },
  ).finally(() => bar.stop());
};

/** The encoder as it is here, which must be the one that the collection's vectors were made by. */
const encoderOf = (
  registry: EncoderRegistry,
  info: CollectionInfo,
  hashes: Readonly<Record<Modality, string>>,
  modality: Modality,
): EncoderInfo => {
  const choice = modality === "image" ? info.imageEncoder : info.textEncoder;
  if (typeof choice === "string") {
    const encoder = registry.get(choice, modality);
    if (encoder.sha256 === hashes[modality]) return encoder;
    throw new AnchorageError(
      "conflict",
      `The ${modality} encoder "${choice}" here is another than the one that made the vectors of "${info.name}".`,
    );
  }
  throw new AnchorageError(
    "invalid-input",
    `Collection "${info.name}" gets its ${modality} vectors from outside, so a folder cannot be embedded for it.`,
  );
};

const settled = ({
  name,
  sequence,
  anchorCount,
  imageEncoder,
  textEncoder,
  asif,
  transform,
}: CollectionInfo) => ({
  name,
  sequence,
  anchorCount,
  imageEncoder,
  textEncoder,
  asif,
  transform,
});

const parametersOf = ({ asif, transform }: CollectionInfo): string =>
  `k = ${asif.k}, p = ${asif.p}, transform ${transform}`;
