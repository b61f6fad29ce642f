import { AnchorageError } from "../../../errors.ts";
import { LABEL_ITEMS, openNpy, VECTOR_ITEMS, type NpyArray } from "./open.ts";

/** Opens a file as an array of numbers; {@link openNpy} is the default. */
export type OpenArray = (path: string) => Promise<Omit<NpyArray, "descr">>;

/** A matrix of finite numbers, `[rows, columns]` row-major. */
export interface NpyRows {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/**
 * Reads one or several `.npy` files of floating-point numbers and concatenates their rows.
 *
 * @param paths files of shape `[rows, columns]`, all with the same number of columns
 * @param open opens one file; default {@link openNpy}
 * @throws AnchorageError as {@link openNpy}; `invalid-input` with the file's path if its shape is wrong or it contains a
 * number that is not finite
 * @example
 * ```ts
 * const { data, rows, columns } = await readNpyRows(["anchors-0.npy", "anchors-1.npy"]);
 * ```
 */
export const readNpyRows = async (
  paths: readonly string[],
  open: OpenArray = (path) => openNpy(path, VECTOR_ITEMS),
): Promise<NpyRows> => {
  const opened: { readonly path: string; readonly array: Omit<NpyArray, "descr"> }[] = [];
  try {
    for (const path of paths) opened.push({ path, array: await open(path) });
    const columns = opened[0]?.array.shape[1] ?? 0;
    for (const { path, array } of opened) {
      if (array.shape.length !== 2 || array.shape.includes(0))
        throw wrongShape(path, array, "rows of numbers are needed");
      if (array.shape[1] !== columns)
        throw wrongShape(path, array, `the files before it have ${columns} columns`);
    }
    const rows = opened.reduce((sum, { array }) => sum + (array.shape[0] ?? 0), 0);
    const data = new Float32Array(rows * columns);
    let first = 0;
    for (const { path, array } of opened) {
      await array.into(data, first * columns);
      const last = first + (array.shape[0] ?? 0);
      const wrong = data
        .subarray(first * columns, last * columns)
        .findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0)
        throw new AnchorageError(
          "invalid-input",
          `${path}: row ${Math.floor(wrong / columns)} holds a number that is not finite`,
        );
      first = last;
    }
    return { rows, columns, data };
  } finally {
    await Promise.all(opened.map(({ array }) => array.close()));
  }
};

/**
 * Reads the integers of a `.npy` file of shape `[rows]` or `[rows, 1]`. Values outside int32 are clamped to its range.
 *
 * @param open opens the file; default {@link openNpy}
 * @returns `[rows]`
 * @throws AnchorageError as {@link openNpy}; `invalid-input` with the file's path if its shape is wrong
 * @example
 * ```ts
 * const labels = await readNpyLabels("labels.npy");
 * ```
 */
export const readNpyLabels = async (
  path: string,
  open: OpenArray = (file) => openNpy(file, LABEL_ITEMS),
): Promise<Int32Array> => {
  const array = await open(path);
  try {
    const [rows = 0, ...others] = array.shape;
    if (rows === 0 || others.some((size) => size !== 1))
      throw wrongShape(path, array, "one label a row is needed");
    const labels = new Int32Array(rows);
    await array.into(labels, 0);
    return labels;
  } finally {
    await array.close();
  }
};

const wrongShape = (
  path: string,
  { shape }: { readonly shape: readonly number[] },
  wanted: string,
): AnchorageError =>
  new AnchorageError("invalid-input", `${path} has shape (${shape.join(", ")}); ${wanted}`);
