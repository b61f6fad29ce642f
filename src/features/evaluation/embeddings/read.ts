import { AnchorageError } from "../../../errors.ts";
import { expandPattern } from "../../files/index.ts";
import { readNpyLabels, readNpyRows } from "../../files/npy/index.ts";
import type { AnchorId } from "../../../types.ts";
import { rowOf } from "../embed-images.ts";
import type { Task } from "../subsets.ts";
import { openLabels, openVectors } from "./open-array.ts";

/**
 * `.npy` files of NumPy or `.pt` files of PyTorch. A pattern such as `anchors-*.npy` selects several files, whose
 * rows are concatenated in the order of their names.
 */
export interface EmbeddingFiles {
  /** `[n, d]` */
  readonly anchorImages: string;
  /** `[n, d']`; row j belongs to row j of the images. */
  readonly anchorTexts: string;
  /** `[q, d]` */
  readonly images: string;
  /** `[q]` or `[q, 1]`: the class index of each image, from 0. A pickled list is accepted too. */
  readonly labels: string;
  /** `[classes * promptsPerClass, d']`, grouped by class in order. */
  readonly texts: string;
  readonly promptsPerClass: number;
}

/** Vectors, `[rows, dimension]` row-major. */
interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly dimension: number;
  readonly values: Float32Array;
}

/**
 * Reads embeddings computed elsewhere, with one question per image. They need not be normalised.
 *
 * @throws AnchorageError `invalid-input` or `corrupt-file` that names a file that cannot be read or does not match
 * the others.
 */
export const readEmbeddings = async (files: EmbeddingFiles): Promise<Task> => {
  const anchorImages = await readMatrix(files.anchorImages);
  const anchorTexts = await readMatrix(files.anchorTexts);
  const images = await readMatrix(files.images);
  const texts = await readMatrix(files.texts);
  const labels = await readNpyLabels(files.labels, openLabels);
  const { promptsPerClass } = files;
  const refuse = (message: string): never => {
    throw new AnchorageError("invalid-input", message);
  };
  if (anchorTexts.rows !== anchorImages.rows)
    refuse(`${told(anchorTexts)} and ${told(anchorImages)} must have as many rows: one a pair`);
  if (images.dimension !== anchorImages.dimension)
    refuse(`${told(images)} must be as wide as ${told(anchorImages)}: both are images`);
  if (texts.dimension !== anchorTexts.dimension)
    refuse(`${told(texts)} must be as wide as ${told(anchorTexts)}: both are texts`);
  if (labels.length !== images.rows)
    refuse(`${files.labels} has ${labels.length} labels, and ${told(images)} as many rows as images`);
  const classes = texts.rows / promptsPerClass;
  if (!Number.isInteger(classes) || classes < 2)
    refuse(`${told(texts)} must have ${promptsPerClass} rows a class, of two classes at least`);
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (wrong >= 0) {
    refuse(
      `${files.labels}: label ${labels[wrong] ?? ""} of image ${wrong} names none of the ${classes} classes, ` +
        `which are counted from 0; there are ${texts.rows} texts, ${promptsPerClass} a class`,
    );
  }
  const width = String(anchorImages.rows).length;
  return {
    anchors: Array.from({ length: anchorImages.rows }, (_, row) => ({
      // Ids keep the order of rows, because ties are broken by id.
      id: String(row).padStart(width, "0") as AnchorId,
      imageVector: vectorAt(anchorImages, row),
      textVector: vectorAt(anchorTexts, row),
    })),
    images: Array.from({ length: images.rows }, (_, row) => vectorAt(images, row)),
    truths: [...labels],
    subjects: Array.from({ length: images.rows }, (_, row) => String(row)),
    classes: Array.from({ length: classes }, (_, at) => ({
      prompts: Array.from({ length: promptsPerClass }, (_, i) => vectorAt(texts, at * promptsPerClass + i)),
    })),
  };
};

const told = ({ name, rows, dimension }: Matrix): string => `${name} (${rows} x ${dimension})`;

const vectorAt = ({ values, dimension }: Matrix, row: number): Float32Array => rowOf(values, row, dimension);

const readMatrix = async (name: string): Promise<Matrix> => {
  const { rows, columns, data } = await readNpyRows(await expandPattern(name), openVectors);
  return { name, rows, dimension: columns, values: data };
};
