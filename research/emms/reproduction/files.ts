import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  projectLabels,
  type Embeddings,
  type Numbers,
  type ScoreInput,
} from "../../../src/features/selection/emms/index.ts";
import { AnchorageError } from "../../../src/errors.ts";
import { readNpyLabels, readNpyRows } from "../../../src/features/files/npy/index.ts";

/** Where the authors' scripts leave what they make; `{model}` and `{dataset}` stand for names. */
export interface ReproductionFiles {
  /** Folder of features and labels. */
  readonly features: string;
  /** Folder of label embeddings. */
  readonly fLabels: string;
  /** `[n, d]` floats. */
  readonly featureFile: string;
  /** `[n]` whole numbers, the class of each row from 0. */
  readonly labelFile: string;
  /** Of each text encoder: `[classes, d2]` floats, or `[n, d2]`, one row a sample. */
  readonly fLabelFiles: readonly string[];
}

/** As evaluate_metric_cls_cpu_CNN.py of OpenGVLab/Multitask-Model-Selector at a7742af reads them. */
export const AUTHORS_FILES = {
  featureFile: "{model}_{dataset}_feature.npy",
  labelFile: "{model}_{dataset}_label.npy",
  fLabelFiles: ["bert", "clip", "gpt2"].map((encoder) => `{dataset}_${encoder}_1024_nonorm.npy`),
} as const;

const pathOf = (folder: string, pattern: string, dataset: string, model = ""): string =>
  join(folder, pattern.replaceAll("{model}", model).replaceAll("{dataset}", dataset));

/** Whether what was made of a data set by a model is there. */
export const isThere = (files: ReproductionFiles, dataset: string, model: string): boolean =>
  [files.featureFile, files.labelFile].every((pattern) =>
    existsSync(pathOf(files.features, pattern, dataset, model)),
  );

/**
 * What one model made of a data set, with its classes and, where they are wanted, F-labels of one width.
 *
 * @throws AnchorageError `invalid-input` or `corrupt-file` that names the file which cannot be read or does not fit
 */
export const readInput = async (
  files: ReproductionFiles,
  dataset: string,
  model: string,
  withFLabels: boolean,
): Promise<ScoreInput> => {
  const {
    data,
    rows: n,
    columns: d,
  } = await readMatrix(pathOf(files.features, files.featureFile, dataset, model));
  const labelPath = pathOf(files.features, files.labelFile, dataset, model);
  const ids = await readLabels(labelPath);
  if (ids.length !== n)
    throw new AnchorageError(
      "invalid-input",
      `${labelPath} has ${ids.length} labels; there are ${n} rows of features`,
    );
  const features: Embeddings = { data, n, d };
  if (!withFLabels) return { embeddings: features, classes: denseOf(ids) };
  const labels: Numbers[] = [];
  for (const pattern of files.fLabelFiles) {
    const path = pathOf(files.fLabels, pattern, dataset);
    labels.push(perSample(await readMatrix(path), ids, path));
  }
  const dimension = Math.min(...labels.map(({ columns }) => columns));
  return {
    embeddings: features,
    classes: denseOf(ids),
    fLabels: await projectLabels(labels, { by: "random", dimension, seed: 0 }),
  };
};

const perSample = (matrix: Numbers, ids: Int32Array, path: string): Numbers => {
  if (matrix.rows === ids.length) return matrix;
  const most = ids.reduce((largest, id) => Math.max(largest, id), 0);
  if (most >= matrix.rows)
    throw new AnchorageError(
      "invalid-input",
      `${path} has ${matrix.rows} rows; there are labels up to ${most}, and ${ids.length} samples`,
    );
  const { columns } = matrix;
  const data = new Float32Array(ids.length * columns);
  ids.forEach((id, i) => data.set(matrix.data.subarray(id * columns, (id + 1) * columns), i * columns));
  return { data, rows: ids.length, columns };
};

/** 0 .. C - 1 in the order of the labels. */
const denseOf = (ids: Int32Array): Int32Array => {
  const places = new Map([...new Set(ids)].sort((a, b) => a - b).map((id, place) => [id, place]));
  return ids.map((id) => places.get(id) ?? 0);
};

const readMatrix = (path: string): Promise<Numbers> => readNpyRows([path]);

const readLabels = async (path: string): Promise<Int32Array> => {
  const ids = await readNpyLabels(path);
  if (ids.some((id) => id < 0)) throw new AnchorageError("invalid-input", `${path} holds a label below 0`);
  return ids;
};
