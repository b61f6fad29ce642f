import type { Needle } from "./needles.ts";
import type { Trace } from "./types.ts";

/** A place where bytes were found. */
export interface Place {
  /** A file path, or `table` and a name. */
  readonly name: string;
  readonly at?: number;
  /** The table that the file belongs to. */
  readonly table?: string | null;
}

/** The number of matches of each needle, and its first place. */
export interface Tally {
  readonly add: (needle: number, place?: Place) => void;
  readonly count: (needle: number) => number;
  readonly first: (needle: number) => Place;
}

const UNSAID: Place = { name: "" };

export const createTally = (): Tally => {
  const met = new Map<number, { count: number; readonly first: Place }>();
  return {
    add: (needle, place = UNSAID) => {
      const known = met.get(needle);
      if (known === undefined) met.set(needle, { count: 1, first: place });
      else known.count++;
    },
    count: (needle) => met.get(needle)?.count ?? 0,
    first: (needle) => met.get(needle)?.first ?? UNSAID,
  };
};

/** A tally for each key, created on first use. */
export const createTallies = <Key>(): { of(key: Key): Tally; entries(): Iterable<[Key, Tally]> } => {
  const tallies = new Map<Key, Tally>();
  return {
    of: (key) => {
      let tally = tallies.get(key);
      if (tally === undefined) tallies.set(key, (tally = createTally()));
      return tally;
    },
    entries: () => tallies,
  };
};

/** The needle with the most occurrences beyond those of live anchors; null if there is none. */
export const mostBeyond = (
  needles: readonly number[],
  found: Tally,
  live: Tally,
): Pick<Trace, "where" | "times" | "beyond"> | null => {
  let most: Pick<Trace, "where" | "times" | "beyond"> | null = null;
  for (const needle of needles) {
    const times = found.count(needle) - live.count(needle);
    if (times <= (most?.times ?? 0)) continue;
    const beyond = live.count(needle);
    const place = found.first(needle);
    // With several matches it is unknown which one is a live anchor's.
    most = { times, beyond, where: textOf(beyond === 0 ? place : { ...place, at: undefined }) };
  }
  return most;
};

const textOf = ({ name, at, table }: { readonly [Key in keyof Place]: Place[Key] | undefined }): string =>
  (name ?? "") +
  (at === undefined ? "" : ` at ${at}`) +
  (table === undefined || table === null ? "" : ` (${table})`);

/** Whether a needle is meaningful in the files of `table`. */
export const countsIn = (needle: Needle | undefined, table: string | null): boolean =>
  needle !== undefined && (needle.table === null || needle.table === table);
