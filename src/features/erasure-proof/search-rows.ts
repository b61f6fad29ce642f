import type { CollectionRecord, Database } from "../../store/index.ts";
import { readRows } from "./raw-rows.ts";
import type { AnchorId } from "../../types.ts";
import { lines, rowBytes, unitBytes, utf8 } from "./forms.ts";
import type { Hunt } from "./needles.ts";
import { createScanner } from "./scanner.ts";
import { createTallies, createTally, type Tally } from "./tally.ts";
import type { Suspect } from "./types.ts";

/** Keeps ids permanently, and a caption that is part of one. */
const CHANGES = "changes";
/** Derived from live captions; empty after a compaction until it is built again. */
const LABELS = "label_vectors";
/** Maximum number of live anchors to name. */
const NAMED = 3;

/** Matches in the rows of all tables. */
export interface RowFinds {
  readonly tables: number;
  readonly rows: number;
  readonly closed: readonly string[];
  /** The number of occurrences of each needle in a table's files that its live rows account for. */
  readonly live: (table: string | null) => Tally;
  /** The same for the files under DATA_DIR/indexes that hold live anchors of the collection. */
  readonly liveInFiles: (collection: number | null) => Tally;
  /** Matches in rows of tables other than those of anchors and vectors. */
  readonly elsewhere: Tally;
  /** Live anchors that contain a needle, some of them by name. */
  readonly holders: (needle: number) => readonly string[];
  /** Tables with a column that contains a suspect's id. */
  readonly idIn: (id: AnchorId) => readonly string[];
}

export const searchRows = async (
  database: Database,
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

  const read = await readRows(database, (row) => {
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
