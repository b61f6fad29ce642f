import { hash } from "node:crypto";
import type pg from "pg";
import { AnchorageError } from "../../errors.ts";
import { copyBytes, createRowSplitter, startCopy, type RunningCopy } from "../../store/copy.ts";
import type { SavedTable } from "./format.ts";

/** Writes rows into tables, one table after the other, and compares what arrived. */
export interface TableLoader {
  /** Appends rows to a table; the table before it is ended first. */
  readonly add: (table: Pick<SavedTable, "name" | "columns">, rows: readonly Buffer[]) => Promise<void>;
  /** Ends the last table. */
  readonly end: () => Promise<void>;
  /**
   * Reads every table again and compares the number of rows and their sum.
   *
   * @throws AnchorageError `corrupt-file` if they differ
   */
  readonly verify: () => Promise<void>;
  /** Rows written by table. */
  readonly counts: () => ReadonlyMap<string, number>;
}

/** The number of rows, and the sum of their hashes, which does not depend on their order. */
interface Tally {
  rows: number;
  readonly sums: Uint32Array;
}

const newTally = (): Tally => ({ rows: 0, sums: new Uint32Array(4) });

const count = (tally: Tally, row: Buffer): void => {
  const digest = hash("sha256", row, "buffer");
  tally.rows++;
  for (let i = 0; i < tally.sums.length; i++)
    tally.sums[i] = (tally.sums[i] ?? 0) + digest.readUInt32LE(4 * i);
};

const areEqual = (a: Tally, b: Tally): boolean =>
  a.rows === b.rows && a.sums.every((sum, i) => sum === b.sums[i]);

/** @param prefix of the tables' names in the database, such as `given_` for temporary ones */
export const createTableLoader = (client: pg.ClientBase, prefix = ""): TableLoader => {
  const tallies = new Map<string, { readonly columns: string; readonly tally: Tally }>();
  let current: { readonly name: string; readonly copy: RunningCopy } | null = null;
  const end = async (): Promise<void> => {
    await current?.copy.end();
    current = null;
  };
  return {
    add: async ({ name, columns }, rows) => {
      const list = columns.map((column) => `"${column.name}"`).join(", ");
      if (current?.name !== name) {
        await end();
        current = {
          name,
          copy: startCopy(client, `COPY ${prefix}${name} (${list}) FROM STDIN (FORMAT binary)`),
        };
      }
      const { tally } = tallies.get(name) ?? { tally: newTally() };
      tallies.set(name, { columns: list, tally });
      for (const row of rows) count(tally, row);
      await current.copy.write(rows);
    },
    end,
    verify: async () => {
      await end();
      for (const [name, { columns, tally }] of tallies) {
        const stored = newTally();
        const split = createRowSplitter();
        const query = `COPY (SELECT ${columns} FROM ${prefix}${name}) TO STDOUT (FORMAT binary)`;
        for await (const chunk of copyBytes(client, query))
          for (const row of split(chunk)) count(stored, row);
        if (!areEqual(tally, stored))
          throw new AnchorageError(
            "corrupt-file",
            `The table ${name} does not hold what was written: ${stored.rows} of ${tally.rows} rows, or others.`,
          );
      }
    },
    counts: () => new Map([...tallies].map(([name, { tally }]) => [name, tally.rows])),
  };
};
