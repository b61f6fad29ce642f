import { invalidField, type AnchorageError, type FieldPath } from "../../../errors.ts";
import type { ScoreInput, TransferMethod } from "./types.ts";

/** The classes of an input's rows. */
export interface Classes {
  /** `[n]` */
  readonly ids: Int32Array;
  readonly count: number;
  /** `[C]`: the number of rows of each class, above 0. */
  readonly sizes: Int32Array;
}

/** @throws AnchorageError `unprocessable` that names `classes`: there are none, or only one, which nothing tells apart */
export const checkedClasses = (method: TransferMethod, { classes: ids }: ScoreInput): Classes => {
  if (ids === undefined) throw undefinedScore(["classes"], `${method} needs the class of each row`);
  const count = ids.reduce((most, id) => Math.max(most, id + 1), 0);
  const sizes = new Int32Array(count);
  for (const id of ids) sizes[id] = (sizes[id] ?? 0) + 1;
  if (count < 2)
    throw undefinedScore(["classes"], `${method} needs at least two classes; all rows are of one`);
  return { ids, count, sizes };
};

/** With more columns a covariance matrix is larger than 0.5 GiB, and several are in memory at once. */
const MOST_COLUMNS = 8_192;

/**
 * For methods that work on covariances, however few the rows are.
 *
 * @throws AnchorageError `unprocessable` that names `features`, which have too many columns
 */
export const requireCovariances = (method: TransferMethod, { embeddings: { d } }: ScoreInput): void => {
  if (d > MOST_COLUMNS)
    throw undefinedScore(["features"], `have ${d} columns, and ${method} takes at most ${MOST_COLUMNS}`);
};

/** The error for an input for which a score is not defined; `path` names the part that is the reason. */
export const undefinedScore = (path: FieldPath, message: string): AnchorageError =>
  invalidField(path, message, "unprocessable");
