import { AnchorageError, invalidField } from "../errors.ts";
import type { ScoreInput, TransferMethod } from "./types.ts";

/** The classes of an input's rows. */
export interface Classes {
  /** `[n]` */
  readonly ids: Int32Array;
  readonly count: number;
  /** `[C]`: how many rows each has, none of them 0. */
  readonly sizes: Int32Array;
}

/** @throws AnchorageError `unprocessable` that names `classes`: there are none, or only one, which nothing tells apart */
export const classesOf = (method: TransferMethod, { classes: ids }: ScoreInput): Classes => {
  if (ids === undefined) throw undefinedScore("classes", `${method} needs the class of each row`);
  const count = ids.reduce((most, id) => Math.max(most, id + 1), 0);
  const sizes = new Int32Array(count);
  for (const id of ids) sizes[id] = (sizes[id] ?? 0) + 1;
  if (count < 2) throw undefinedScore("classes", `${method} needs at least two classes; all rows are of one`);
  return { ids, count, sizes };
};

/** A score that is not defined for what was sent: `path` names the part that makes it so. */
export const undefinedScore = (path: string, message: string): AnchorageError =>
  new AnchorageError("unprocessable", `${path}: ${message}`, { faults: invalidField(path, message).faults });
