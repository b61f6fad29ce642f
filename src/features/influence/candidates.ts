import { createHash } from "node:crypto";
import type { Neighbours } from "../../retrieval/index.ts";
import type { ClassifyInput } from "../../asif/types.ts";

/**
 * What an image is compared with: with the ensemble `max` each prompt for itself, with `mean` each class by all of its
 * prompts. What is the same twice is compared once, for it scores the same whatever is left out: it stands for the
 * first of its classes, which comes first among equals.
 */
export interface Candidates {
  readonly count: number;
  /** Candidate q is of the rows `rows[offsets[q]] .. rows[offsets[q + 1]]`. */
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
  /** The class that a candidate stands for. */
  readonly classes: Int32Array;
  /** The candidates of each class; the best of them is the class's score. */
  readonly ofClass: readonly (readonly number[])[];
  /** The candidates that a row is part of. */
  readonly ofRow: readonly (readonly number[])[];
  /** Classes of one name have one number. */
  readonly names: Int32Array;
}

/** @param rowOf the row of each prompt among the different ones */
export const candidatesOf = (
  { classes, ensemble }: Pick<ClassifyInput, "classes" | "ensemble">,
  rowOf: Int32Array,
): Candidates => {
  const known = new Map<string, number>();
  const members: number[][] = [];
  const owners: number[] = [];
  const candidate = (rows: number[], owner: number): number => {
    const key = rows.join();
    let at = known.get(key);
    if (at === undefined) {
      known.set(key, (at = members.push(rows) - 1));
      owners.push(owner);
    }
    return at;
  };
  let first = 0;
  const ofClass = classes.map(({ prompts }, owner) => {
    const rows = Array.from(rowOf.subarray(first, first + prompts));
    first += prompts;
    if (ensemble === "mean") return [candidate(rows, owner)];
    return [...new Set(rows.map((row) => candidate([row], owner)))];
  });
  const rowCount = rowOf.reduce((most, row) => Math.max(most, row + 1), 0);
  const ofRow = Array.from({ length: rowCount }, (): number[] => []);
  members.forEach((rows, q) => {
    for (const row of new Set(rows)) ofRow[row]?.push(q);
  });
  const offsets = new Int32Array(members.length + 1);
  members.forEach((rows, q) => (offsets[q + 1] = (offsets[q] ?? 0) + rows.length));
  const numbers = new Map<string, number>();
  const names = Int32Array.from(classes, ({ name }) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
  return {
    count: members.length,
    offsets,
    rows: Int32Array.from(members.flat()),
    classes: Int32Array.from(owners),
    ofClass,
    ofRow,
    names,
  };
};

/** Rows that have the same neighbours at the same similarities are one; which of the different ones each row is. */
export const distinctRows = ({
  counts,
  width,
  slots,
  scores,
}: Neighbours): { rowOf: Int32Array; rows: number[] } => {
  const known = new Map<string, number>();
  const rows: number[] = [];
  const rowOf = Int32Array.from(counts, (count, row) => {
    const [from, to] = [row * width, row * width + count];
    const bytes = (part: Int32Array | Float32Array): Uint8Array =>
      new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    const hash = createHash("sha256").update(bytes(slots.subarray(from, to)));
    const key = hash.update(bytes(scores.subarray(from, to))).digest("base64");
    let at = known.get(key);
    if (at === undefined) known.set(key, (at = rows.push(row) - 1));
    return at;
  });
  return { rowOf, rows };
};
