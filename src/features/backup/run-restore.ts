import { EXIT, type CommandContext } from "../../command.ts";
import { createProgress } from "../../progress.ts";
import { restoreBackup, type RestoreResult } from "./restore.ts";
import { sourceOf } from "./sources.ts";

/** What `anchorage restore` is asked for. */
export interface RestoreRun {
  /** A full backup, and incremental ones in their order; `-` is the standard input. */
  readonly files: readonly string[];
  /** A later backup, whose receipts are applied. */
  readonly receipts: string | undefined;
}

/** Restores backups and says what was done. @returns the exit status */
export const runRestore = async (
  { files, receipts }: RestoreRun,
  { config, signal, log, note }: CommandContext,
): Promise<number> => {
  const progress = createProgress("restore", "rows");
  const started = performance.now();
  let shown = 0;
  try {
    const restored = await restoreBackup({
      dataDir: config.dataDir,
      databaseUrl: config.databaseUrl,
      backups: files.map(sourceOf),
      receipts: receipts === undefined ? null : sourceOf(receipts),
      signal,
      log,
      onRows: (rows, total) => {
        if (rows === shown) return;
        shown = rows;
        progress.update(rows, Math.max(rows, total));
      },
    });
    progress.stop();
    for (const line of restoreReport(restored, (performance.now() - started) / 1000))
      note(`restore: ${line}`);
    return EXIT.done;
  } catch (error) {
    if (!signal.aborted) throw error;
    note("restore: stopped; nothing was restored, and the same command starts again from the beginning");
    return EXIT.interrupted;
  } finally {
    progress.stop();
  }
};

/** Lines about a restore, one fact each. */
export const restoreReport = (
  { header, rows, later, receiptsOf, erased, signingKey, missingEncoders }: RestoreResult,
  seconds: number,
): string[] => {
  const anchors = rows.get("anchors") ?? 0;
  const collections = rows.get("collections") ?? 0;
  const lines = [
    `${collections} collections, ${anchors} anchors as of ${header.createdAt}, verified in ${seconds.toFixed(1)} s`,
  ];
  if (receiptsOf === null)
    lines.push(
      `WARNING: anchors that were erased after ${header.createdAt} are back, because no receipts were given`,
    );
  else {
    const { deletions, removedNames } = later;
    lines.push(
      `${deletions} deletions up to ${receiptsOf} applied: ${erased} anchors were not restored (${later.hashed()} hashes of ids)`,
    );
    if (removedNames.length > 0)
      lines.push(`collections that were deleted since are not restored: ${removedNames.join(", ")}`);
    lines.push(`what was erased after ${receiptsOf} is not known here`);
    if (erased > 0)
      lines.push(
        '"never again" of these deletions is not part of receipts: delete again with neverAgain where it matters',
      );
  }
  if (missingEncoders.length > 0)
    lines.push(
      `encoders that are not in DATA_DIR: ${missingEncoders.join(", ")}; the default ones are made at the next start, copy others to DATA_DIR/encoders`,
    );
  if (header.signingKey !== null && !signingKey)
    lines.push(
      "the private key that signs reports was not restored: copy signing-key.pem to DATA_DIR before the next start, or a new one is made",
    );
  return lines;
};
