import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, type CommandContext } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import { openInspection } from "../../store/index.ts";
import { publicKeyOf, SIGNING_KEY_FILE } from "../erasing/signing.ts";
import { corruptFile, requireNew, writeOut } from "../files/index.ts";
import type { BackupClient } from "./client.ts";
import type { BackupRequest } from "./describe.ts";
import { baseOf } from "./format.ts";
import { openBackup, sourceOf } from "./sources.ts";
import { startBackup } from "./write.ts";

/** What `anchorage backup` is asked for. */
export interface BackupRun {
  /** `-` is the standard output. */
  readonly file: string;
  /** The file of the backup to continue. */
  readonly since: string | undefined;
  readonly receiptsOnly: boolean;
  readonly withSigningKey: boolean;
}

/** Makes a backup and says what it holds. @returns the exit status */
export const runBackup = async (run: BackupRun, context: CommandContext<BackupClient>): Promise<number> => {
  const request: BackupRequest = {
    contents: run.receiptsOnly ? "receipts" : "everything",
    base: run.since === undefined ? null : await baseIn(run.since),
  };
  const started = performance.now();
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (context.signal.aborted) throw new AnchorageError("cancelled", "Stopped; no file was written.");
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    const held = await (context.config.url === null ? backUpHere : backUpService)(
      run,
      request,
      context,
      counted,
    );
    const mebibytes = (bytes / 1024 / 1024).toFixed(1);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    context.note(`backup: ${held}, ${mebibytes} MiB in ${seconds} s`);
    return EXIT.done;
  } catch (error) {
    if (!context.signal.aborted) throw error;
    context.note("backup: stopped; no file was written");
    return EXIT.interrupted;
  }
};

type Count = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
type Work = (
  run: BackupRun,
  request: BackupRequest,
  context: CommandContext<BackupClient>,
  counted: Count,
) => Promise<string>;

/** From the Postgres of DATA_DIR or DATABASE_URL, beside a running service or without one. */
const backUpHere: Work = async ({ file, withSigningKey }, request, { config, log, signal }, counted) => {
  const { dataDir, databaseUrl } = config;
  const pem = await readFile(join(dataDir, SIGNING_KEY_FILE)).catch(() => null);
  if (withSigningKey && pem === null)
    throw new AnchorageError("not-found", `There is no ${SIGNING_KEY_FILE} in ${dataDir}.`);
  await requireNew(file);
  const inspection = await openInspection({ dataDir, databaseUrl, log });
  const progress = createProgress("backup", "rows");
  let held = "";
  let end = (): void => undefined;
  try {
    let total = 0;
    const { bytes, cancel } = startBackup(inspection.database, {
      ...request,
      signingKey: pem === null ? null : publicKeyOf(pem),
      ...(withSigningKey && pem !== null ? { privateKey: pem } : {}),
      onHeader: ({ collections, tables, contents }) => {
        total = tables.reduce((sum, { rows }) => sum + rows, 0);
        const rows = tables.find(
          ({ name }) => name === (contents === "receipts" ? "receipts" : "anchors"),
        )?.rows;
        const changed = request.base === null ? "" : ` written since ${request.base.createdAt}`;
        const noun = contents === "receipts" ? "receipts" : "anchors";
        held = `${collections.length} collections, ${rows ?? 0} ${noun}${changed}`;
      },
      onRows: (rows) => progress.update(rows, Math.max(rows, total)),
    });
    end = cancel;
    signal.addEventListener("abort", cancel, { once: true });
    await writeOut(file, counted(bytes));
    return held;
  } finally {
    progress.stop();
    // Where nobody reads, the transaction would wait for a reader.
    end();
    await inspection.close();
  }
};

const backUpService: Work = async ({ file, withSigningKey }, { contents, base }, context, counted) => {
  if (withSigningKey)
    throw new AnchorageError(
      "invalid-input",
      "The private key is not sent over HTTP: run the backup on the machine of the service, without --url.",
    );
  await requireNew(file);
  const client = await context.connect();
  try {
    const request = base === null ? { contents } : { contents, base };
    const stream = await client.backup(request, { signal: context.signal });
    await writeOut(file, counted(stream));
    return `from ${context.config.url ?? ""}`;
  } finally {
    await client.close();
  }
};

const baseIn = async (file: string): Promise<BackupRequest["base"]> => {
  const { header, close } = await openBackup(sourceOf(file));
  await close();
  if (header.contents === "receipts")
    throw corruptFile(file, "holds receipts alone, so no backup continues it");
  return baseOf(header);
};
