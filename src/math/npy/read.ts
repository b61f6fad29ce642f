import { AnchorageError } from "../../errors.ts";
import { LABEL_ITEMS, openNpy, VECTOR_ITEMS, type NpyArray } from "./open.ts";

/** Opens a file as an array of numbers. */
export type OpenArray = (path: string) => Promise<Omit<NpyArray, "descr">>;

/** Finite numbers, `[rows, columns]` row-major. */
export interface NpyRows {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/**
 * The rows of one or several `.npy` files of floating-point numbers, one file after the other.
 *
 * @param paths files `[rows, columns]` of as many columns
 * @param open opens one of them; as `.npy` unless given
 * @throws AnchorageError as {@link openNpy}; `invalid-input` that names the file where it has another shape or a number
 * that is not finite
 * @example
 * const { data, rows, columns } = await readNpyRows(["anchors-0.npy", "anchors-1.npy"]);
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
 * The integers of a `.npy` file `[rows]` or `[rows, 1]`. Those that int32 cannot hold become its least or greatest.
 *
 * @param open opens the file; as `.npy` unless given
 * @throws AnchorageError as {@link openNpy}; `invalid-input` that names the file where it has another shape
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
