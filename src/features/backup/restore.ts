import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { encoderDirectory } from "../../config.ts";
import { AnchorageError } from "../../errors.ts";
import { createRowSplitter } from "../../store/copy.ts";
import { requireRoom } from "../../store/disk-space.ts";
import { countMigrations, migrateWithin } from "../../store/migrate.ts";
import { adoptInstallation, openRestoreTarget } from "../../store/restoring.ts";
import type { Log } from "../../types.ts";
import { SIGNING_KEY_FILE } from "../erasing/signing.ts";
import { readChains, requireWhole } from "./chains.ts";
import { giveReceipts, recordLater, requireEmpty, setLastKeys } from "./into-database.ts";
import { SIGNING_KEY, type BackupHeader, type BackupSummary } from "./format.ts";
import { chooseRows, readSuccessors, type RowChoice } from "./keep-rows.ts";
import { findLaterErasures, NO_ERASURES, type LaterErasures } from "./later-erasures.ts";
import { createTableLoader, type TableLoader } from "./load.ts";
import { openBackup, requireSeries, type BackupSource, type OpenBackup } from "./sources.ts";
import { ANCHOR_TABLES, SAVED } from "./tables.ts";

/** Options of {@link restoreBackup}. */
export interface RestoreOptions {
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  /** A full backup, and incremental ones in their order. */
  readonly backups: readonly BackupSource[];
  /** A later backup whose receipts are applied; null if none is at hand. */
  readonly receipts: BackupSource | null;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called with the number of rows written so far and of all rows. */
  readonly onRows: (rows: number, total: number) => void;
}

/** What a restore did. */
export interface RestoreResult {
  /** Of the last backup. */
  readonly header: BackupHeader;
  /** Rows written by table. */
  readonly rows: ReadonlyMap<string, number>;
  readonly later: LaterErasures;
  /** When the receipts that were applied were saved; null without any. */
  readonly receiptsOf: string | null;
  /** Anchors left out because of a later receipt. */
  readonly erased: number;
  /** Whether the private key that signs reports was restored. */
  readonly signingKey: boolean;
  /** Encoders of the collections that are not in DATA_DIR, except those of vectors from outside. */
  readonly missingEncoders: readonly string[];
}

/** A row is written to the log of Postgres and to its table. */
const COPIES = 2;

/** Tables that others refer to, of which the newest backup has all rows. */
const FIRST = ["encoders", "collections"];

/**
 * Restores a series of backups into an empty DATA_DIR or database, in one transaction: it is complete and verified, or
 * nothing is changed. Anchors that `receipts` say were deleted later are never written.
 *
 * @throws AnchorageError `corrupt-file` for a damaged or incomplete backup, `conflict` if the target is not empty or the
 * receipts do not continue those of the backup, `unavailable` without room, `cancelled` if the signal aborts
 */
export const restoreBackup = async (options: RestoreOptions): Promise<RestoreResult> => {
  const { dataDir, databaseUrl, log } = options;
  const backups: OpenBackup[] = [];
  try {
    for (const source of options.backups) backups.push(await openBackup(source));
    requireSeries(backups);
    const receipts = options.receipts === null ? null : await openBackup(options.receipts);
    if (receipts !== null) backups.push(receipts);
    for (const { place, header } of backups)
      if (header.migrations > countMigrations())
        throw new AnchorageError(
          "corrupt-file",
          `${place} was made by a newer version of Anchorage; use that one`,
        );
    const series = receipts === null ? backups : backups.slice(0, -1);
    const target = await openRestoreTarget({ dataDir, databaseUrl, log });
    try {
      if (target.server === "embedded")
        await requireRoom(
          dataDir,
          COPIES * Math.max(...series.map(({ header }) => header.bytes)),
          "the restore",
        );
      const restored = await target.transaction((client) => restoreWithin(client, series, receipts, options));
      return { ...restored, signingKey: await placeKey(dataDir, restored.key) };
    } finally {
      await target.close();
    }
  } finally {
    for (const backup of backups) await backup.close();
  }
};

const restoreWithin = async (
  client: pg.ClientBase,
  series: readonly OpenBackup[],
  receipts: OpenBackup | null,
  { dataDir, signal, onRows }: RestoreOptions,
): Promise<Omit<RestoreResult, "signingKey"> & { readonly key: Buffer | null }> => {
  const newest = series.at(-1);
  if (newest === undefined) throw new Error("there is no backup to restore");
  const { header } = newest;
  const given = receipts === null ? null : await giveReceipts(client, receipts);
  const later =
    given === null || receipts === null ? NO_ERASURES : findLaterErasures(header, given, receipts.place);
  await requireEmpty(client, header.migrations);
  await migrateWithin(client, header.migrations);

  const successors = await readSuccessors(series);
  const choice = chooseRows(successors, later);
  const loader = createTableLoader(client);
  const total = expectedRows(series);
  const { summary, key } = await loadAll(series, choice, loader, () => {
    if (signal.aborted) throw new AnchorageError("cancelled", "Stopped; nothing was restored.");
    onRows(
      [...loader.counts().values()].reduce((sum, rows) => sum + rows, 0),
      total,
    );
  });
  await loader.verify();
  await setLastKeys(client, summary.keys);
  await migrateWithin(client, countMigrations());
  if (receipts !== null) await recordLater(client, header, later, choice.erased());
  requireWhole(await readChains(client), "The restored database");
  await adoptInstallation(dataDir, header.installation);
  return {
    header,
    rows: loader.counts(),
    later,
    receiptsOf: receipts?.header.createdAt ?? null,
    erased: [...choice.erased().values()].reduce((sum, count) => sum + count, 0),
    missingEncoders: await findMissingEncoders(client, dataDir),
    key,
  };
};

const findMissingEncoders = async (client: pg.ClientBase, dataDir: string): Promise<string[]> => {
  const { rows } = await client.query<{ id: string }>(
    `SELECT DISTINCT e.id FROM encoders e JOIN collections c ON e.key IN (c.image_encoder, c.text_encoder)
     WHERE NOT e.external ORDER BY e.id`,
  );
  const missing: string[] = [];
  for (const { id } of rows) {
    // A layer of an encoder is called `<encoder>#<layer>`.
    const folder = join(encoderDirectory(dataDir), id.split("#")[0] ?? id);
    if ((await stat(folder).catch(() => null)) === null) missing.push(id);
  }
  return missing;
};

/** @returns whether the key is there now; one that DATA_DIR has already is kept */
const placeKey = async (dataDir: string, key: Buffer | null): Promise<boolean> => {
  if (key === null) return false;
  try {
    await writeFile(join(dataDir, SIGNING_KEY_FILE), key, { mode: 0o600, flag: "wx", flush: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
};

const expectedRows = (series: readonly OpenBackup[]): number =>
  series
    .flatMap(({ header }, i) =>
      header.tables.filter(({ name }) => ANCHOR_TABLES.includes(name) || i === series.length - 1),
    )
    .reduce((sum, { rows }) => sum + rows, 0);

/** Reads the backups and writes their rows: of tables of anchors from each, of all others from the newest. */
const loadAll = async (
  series: readonly OpenBackup[],
  choice: RowChoice,
  loader: TableLoader,
  onPart: () => void,
): Promise<{ readonly summary: BackupSummary; readonly key: Buffer | null }> => {
  const last = series.length - 1;
  let key: Buffer | null = null;
  const load = async (of: number, tables: readonly string[]): Promise<BackupSummary> => {
    const backup = series[of];
    if (backup === undefined) throw new Error(`there is no backup ${of}`);
    const splits = new Map<string, (bytes: Buffer) => Buffer[]>();
    const read = new Map<string, number>();
    const summary = await backup.read(new Set([...tables, SIGNING_KEY]), async (name, bytes) => {
      if (name === SIGNING_KEY) {
        key = bytes;
        return;
      }
      const table = backup.header.tables.find((one) => one.name === name);
      if (table === undefined) throw new Error(`the header does not name the table ${name}`);
      const split = splits.get(name) ?? createRowSplitter();
      splits.set(name, split);
      const rows = split(bytes);
      read.set(name, (read.get(name) ?? 0) + rows.length);
      await loader.add(
        table,
        rows.filter((row) => choice.keeps(of, table, row)),
      );
      onPart();
    });
    for (const [name, rows] of read)
      if (summary.rows[name] !== rows)
        throw new AnchorageError("corrupt-file", `${backup.place}: the table ${name} does not have its rows`);
    return summary;
  };
  const all = Object.keys(SAVED);
  if (last === 0) return { summary: await load(0, all), key };
  await load(last, FIRST);
  for (const of of series.keys()) await load(of, ANCHOR_TABLES);
  const summary = await load(
    last,
    all.filter((name) => !FIRST.includes(name) && !ANCHOR_TABLES.includes(name)),
  );
  return { summary, key };
};
