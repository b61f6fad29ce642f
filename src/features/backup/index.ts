/** Backups of everything that is stored, and their restore. */
export { runBackup, type BackupRun } from "./run-backup.ts";
export { runRestore, type RestoreRun } from "./run-restore.ts";
export { restoreBackup, type RestoreResult, type RestoreOptions } from "./restore.ts";
export { sourceOf, type BackupSource } from "./sources.ts";
export { startBackup, type BackupOptions } from "./write.ts";
