import type { CollectionRecord, Inspection } from "../../store/index.ts";
import type { AnchorId } from "../../types.ts";
import { lines, rowBytes, unitBytes, utf8 } from "./forms.ts";
import type { Hunt } from "./needles.ts";
import { createScanner } from "./scanner.ts";
import { createTallies, createTally, type Tally } from "./tally.ts";
import type { Suspect } from "./types.ts";

/** Holds ids for good, and a caption where it is part of one. */
const CHANGES = "changes";
/** Holds what was made of live captions, and none of it after a compaction until it is made again. */
const LABELS = "label_vectors";
/** Names that are given of the anchors that hold the same. */
const NAMED = 3;

/** What the rows of all tables hold of what is looked for. */
export interface RowFinds {
  readonly tables: number;
  readonly rows: number;
  readonly closed: readonly string[];
  /** How often each needle must lie in a table's files for the sake of its live rows. */
  readonly live: (table: string | null) => Tally;
  /** The same of a file under DATA_DIR/indexes that holds the collection's live anchors. */
  readonly liveInFiles: (collection: number | null) => Tally;
  /** In rows of other tables than those of anchors and vectors. */
  readonly elsewhere: Tally;
  /** Live anchors that a needle lies in, some of them by name. */
  readonly holders: (needle: number) => readonly string[];
  /** Tables with a column that is a suspect's id. */
  readonly idIn: (id: AnchorId) => readonly string[];
}

export const searchRows = async (
  inspection: Inspection,
  collection: CollectionRecord,
  suspects: readonly Suspect[],
  { needles }: Hunt,
): Promise<RowFinds> => {
  const scanner = createScanner(needles.map(({ bytes }) => bytes));
  const live = createTallies<string | null>();
  const liveInFiles = createTallies<number | null>();
  const elsewhere = createTally();
  const holders = new Map<number, Set<string>>();
  const ids = new Map<string, Set<string>>(
    suspects.flatMap(({ id }) => (id === null ? [] : [[id, new Set()]])),
  );

  const ofAnchor = (table: string, key: number, id: AnchorId, inRow: Buffer, inFile: Buffer): void => {
    const name = key === collection.key ? id : `${key}/${id}`;
    const hold = (needle: number): void => {
      const known = holders.get(needle);
      if (known === undefined) holders.set(needle, new Set([name]));
      else if (known.size < NAMED) known.add(name);
    };
    scanner.scan(inRow, (needle) => {
      live.of(table).add(needle);
      hold(needle);
    });
    scanner.scan(inFile, (needle) => {
      liveInFiles.of(key).add(needle);
      hold(needle);
    });
  };

  const read = await inspection.rows((row) => {
    if (row.of === "anchors") {
      const { collection: key, id, caption, metadata } = row;
      const inRow = Buffer.concat([rowBytes(key, id, caption), utf8(metadata)]);
      ofAnchor("anchors", key, id, inRow, lines(id, caption, metadata));
    } else if (row.of === "vectors") {
      ofAnchor("vectors", row.collection, row.id, row.bytes, unitBytes(row.vector));
    } else {
      const { table, fields } = row;
      for (const field of fields) {
        scanner.scan(field, (needle) => {
          live.of(table).add(needle);
          const ofLive = table === LABELS && holders.has(needle);
          if (table !== CHANGES && !ofLive) elsewhere.add(needle, { name: `table ${table}` });
        });
        ids.get(field.toString())?.add(table);
      }
    }
  });
  return {
    ...read,
    live: (table) => live.of(table),
    liveInFiles: (key) => liveInFiles.of(key),
    elsewhere,
    holders: (needle) => [...(holders.get(needle) ?? [])],
    idIn: (id) => [...(ids.get(id) ?? [])],
  };
};
