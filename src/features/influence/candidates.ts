import { createHash } from "node:crypto";
import type { Neighbours } from "../../retrieval/index.ts";
import type { ClassifyInput } from "../../asif/types.ts";

/**
 * The candidates that an image is compared with: each prompt with the ensemble `max`, each class by all its prompts
 * with `mean`. Duplicates are compared once, because they score the same whatever is removed; a candidate belongs to
 * the first of its classes, which wins ties.
 */
export interface Candidates {
  readonly count: number;
  /** The rows of candidate q are `rows[offsets[q]] .. rows[offsets[q + 1]]`. */
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
  /** The class that a candidate belongs to. */
  readonly classes: Int32Array;
  /** The candidates of each class; the best of them gives the class's score. */
  readonly ofClass: readonly (readonly number[])[];
  /** The candidates that a row is part of. */
  readonly ofRow: readonly (readonly number[])[];
  /** A number for each class; classes with the same name share it. */
  readonly names: Int32Array;
}

/** @param rowOf the index of each prompt among the distinct ones */
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

/**
 * Deduplicates rows with the same neighbours at the same similarities; returns the distinct row that each one equals.
 */
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
