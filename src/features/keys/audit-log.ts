import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createStream } from "rotating-file-stream";
import type { AuditEntry } from "../../http/access.ts";
import type { Log } from "../../types.ts";

/** Where the audit log is under DATA_DIR. */
export const AUDIT_FOLDER = "audit";
const FILE_SIZE = "10M";
const FILES = 20;

/** A file of JSON lines, one for each request that changed something or was refused. */
export interface AuditLog {
  record(entry: AuditEntry): void;
  close(): Promise<void>;
}

/**
 * Opens `audit.jsonl` in a folder. A file of 10 MB is rotated; of the rotated ones the last 20 are kept.
 *
 * The log names keys, people, operations, collections and sequences, and neither anchors nor their content, so that an
 * erasure leaves nothing in it.
 *
 * @param log told once where the file cannot be written; the service goes on
 */
export const openAuditLog = async (folder: string, log: Log): Promise<AuditLog> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let broken = false;
  const stream = createStream(
    (time, index) =>
      time instanceof Date
        ? `audit-${time.toISOString().replaceAll(":", "")}-${index ?? 0}.jsonl`
        : "audit.jsonl",
    { path: folder, size: FILE_SIZE, maxFiles: FILES, mode: 0o600, history: ".history" },
  );
  const report = (error: Error): void => {
    if (!broken) log.error("the audit log cannot be written", { error });
    broken = true;
  };
  stream.on("error", report);
  stream.on("warning", report);
  return {
    record: (entry) => {
      if (!stream.destroyed) stream.write(`${JSON.stringify(entry)}\n`);
    },
    close: async () => {
      if (stream.destroyed || broken) return;
      const finished = once(stream, "finish");
      stream.end();
      await finished.catch(report);
    },
  };
};
