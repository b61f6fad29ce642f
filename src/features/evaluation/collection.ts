import { collection as collectionSchema, type CollectionInfo } from "../../api/collections.ts";
import { anchorId } from "../../api/values.ts";
import type { CoreCollectionClient } from "../../client/index.ts";
import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError } from "../../errors.ts";
import type { CollectionName, EncoderInfo, Log, Modality } from "../../types.ts";
import { embedDataset } from "./dataset-questions.ts";
import { openDataset } from "./datasets/index.ts";
import { evaluateTasks, describeParameters, type Asking } from "./evaluate-tasks.ts";
import { heldOutTasks, type LabelledAnchor } from "./held-out.ts";
import type { Report } from "./report.ts";

/** Where a collection is read from: this process or a service. */
export interface CollectionReader {
  collection(name: string): Pick<CoreCollectionClient, "get" | "listAnchors">;
}

const ANCHORS_A_PAGE = 1_000;

export interface CollectionOptions extends Asking {
  readonly client: CollectionReader;
  readonly collection: CollectionName;
  readonly log: Log;
}

/**
 * Holds out classes of a collection's anchors and classifies their images by increasing numbers of the other anchors.
 *
 * @param options.field see {@link heldOutTasks}
 * @throws AnchorageError `invalid-input` if there are too few classes; the signal's reason if it aborts.
 */
export const evaluateCollection = async (
  options: CollectionOptions & { readonly classes: number; readonly field: string | undefined },
): Promise<Report> => {
  const { collection, field, seeds, methods } = options;
  const { info, anchors } = await readCollection(options);
  const { classes, taskOf } = heldOutTasks(anchors, field, options.classes);
  const settings = settingsOf(info, options);
  const what = field === undefined ? "captions" : `values of "${field}"`;
  return {
    title: `Collection "${collection}" on its own anchors`,
    about: `${seeds} runs, each with ${classes} ${what} held out; ${describeParameters(settings, methods)}`,
    settings: { collection: settled(info), ...settings, methods, seeds, classes, field },
    ...(await evaluateTasks({ taskOf, same: false }, settings, options)),
  };
};

/**
 * Classifies the images of a labelled data set by a collection, and by increasing parts of it.
 *
 * @param options.path see {@link openDataset}
 * @param options.directory directory for image vectors
 * @throws AnchorageError `invalid-input` if the data set cannot be read, `not-found` or `conflict` if the
 * collection's encoders are not installed; the signal's reason if it aborts.
 */
export const evaluateDataset = async (
  options: CollectionOptions & {
    readonly registry: EncoderRegistry;
    readonly path: string;
    readonly classNames: string | undefined;
    readonly templates: readonly string[];
    readonly directory: string;
  },
): Promise<Report> => {
  const { collection, path, classNames, templates, registry, methods, progress } = options;
  const dataset = await openDataset(path, classNames);
  const { info, anchors } = await readCollection(options);
  const bar = progress("images", "images");
  const questions = await embedDataset(path, dataset, templates, {
    ...options,
    imageEncoder: encoderOf(registry, info, "image"),
    textEncoder: encoderOf(registry, info, "text"),
    progress: bar,
  }).finally(() => bar.stop());
  const settings = settingsOf(info, options);
  const task = { ...questions, anchors };
  const { layout, classes } = dataset;
  return {
    title: `${path} by collection "${collection}"`,
    about:
      `${questions.images.length} images of ${classes.length} classes, ${options.seeds} draws of anchors; ` +
      describeParameters(settings, methods),
    settings: {
      collection: settled(info),
      ...settings,
      methods,
      seeds: options.seeds,
      path,
      layout,
      templates,
      classes: classes.map(({ names }) => (names.length === 1 ? names[0] : names)),
    },
    ...(await evaluateTasks({ taskOf: () => task, same: true }, settings, options)),
  };
};

const settingsOf = ({ asif, auto, transform }: CollectionInfo, { parameters }: Asking) => ({
  ...(auto?.asif ?? asif),
  transform,
  ...parameters,
});

const readCollection = async ({ client, collection, progress, signal }: CollectionOptions) => {
  const source = client.collection(collection);
  const info = collectionSchema.parse(await source.get());
  const bar = progress("reading", "anchors");
  const anchors: LabelledAnchor[] = [];
  try {
    const listed = source.listAnchors({ vectors: true, pageSize: ANCHORS_A_PAGE });
    for await (const { id, text, metadata, imageVector, textVector } of listed) {
      signal.throwIfAborted();
      anchors.push({
        id: anchorId.parse(id),
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

/** The installed encoder, which must be the one that made the collection's vectors. */
const encoderOf = (registry: EncoderRegistry, info: CollectionInfo, modality: Modality): EncoderInfo => {
  const choice = modality === "image" ? info.imageEncoder : info.textEncoder;
  if (typeof choice === "string") {
    const encoder = registry.get(choice, modality);
    if (encoder.sha256 === info.encoders[modality].sha256) return encoder;
    throw new AnchorageError(
      "conflict",
      `The ${modality} encoder "${choice}" here is another than the one that made the vectors of "${info.name}".`,
    );
  }
  throw new AnchorageError(
    "invalid-input",
    `Collection "${info.name}" gets its ${modality} vectors from outside, so images cannot be embedded for it.`,
  );
};

const settled = ({ name, sequence, anchorCount, imageEncoder, textEncoder }: CollectionInfo) => ({
  name,
  sequence,
  anchorCount,
  imageEncoder,
  textEncoder,
});
