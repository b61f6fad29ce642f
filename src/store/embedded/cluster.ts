import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { AnchorageError, messageOf } from "../../errors.ts";
import type { Log } from "../../types.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { clusterIn, passwordFileIn } from "./paths.ts";
import { spawnOn } from "./spawn.ts";

/** Name of the database user that owns the cluster. */
export const SUPERUSER = "anchorage";

/** A PostgreSQL data directory and the password of {@link SUPERUSER}. */
export interface Cluster {
  readonly directory: string;
  readonly password: string;
}

/** Names within the folder in which a cluster is made. */
const MADE = "cluster";
const PASSWORD = "password";

/**
 * Opens the cluster within `dataDir`, or creates it. It is created in a temporary folder and renamed when complete, so
 * an interrupted creation starts over.
 *
 * @throws AnchorageError `unavailable` if initdb fails
 */
export const ensureCluster = async (
  dataDir: string,
  binaries: Binaries,
  account: Account,
  log: Log,
): Promise<Cluster> => {
  const directory = clusterIn(dataDir);
  const password = await ensurePassword(passwordFileIn(dataDir));
  const exists = await stat(join(directory, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (exists) return { directory, password };

  log.info(`making a PostgreSQL cluster in ${directory}`);
  const temporary = join(dataDir, "postgres.new");
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
  await account.own(temporary);
  const passwordFile = join(temporary, PASSWORD);
  await writeFile(passwordFile, password, { mode: 0o600 });
  await account.own(passwordFile);
  await initialise(account, binaries.initdb, temporary);
  await rename(join(temporary, MADE), directory);
  await syncDirectory(dataDir);
  await rm(temporary, { recursive: true, force: true });
  return { directory, password };
};

/** Runs initdb in `folder`, which contains the password. */
const initialise = async (account: Account, initdb: string, folder: string): Promise<void> => {
  const args = (reached: string): string[] => [
    `--pgdata=${reached}/${MADE}`,
    `--username=${SUPERUSER}`,
    "--encoding=UTF8",
    "--locale=C",
    "--auth=scram-sha-256",
    `--pwfile=${reached}/${PASSWORD}`,
  ];
  const child = spawnOn({ account, program: initdb, args, folder, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit") as Promise<[number | null]>;
  const [told, failure] = await Promise.all([
    child.stderr === null ? "" : text(child.stderr),
    ended.then(([code]) => (code === 0 ? null : `exit code ${code ?? "unknown"}`), messageOf),
  ]);
  if (failure !== null) throw new AnchorageError("unavailable", `initdb failed: ${told.trim() || failure}`);
};

/** The password is stored before the cluster that uses it is created, and never changes. */
const ensurePassword = async (file: string): Promise<string> => {
  const known = await readFile(file, "utf8").catch(() => "");
  if (known !== "") return known;
  const password = randomBytes(24).toString("base64url");
  const aside = `${file}.new`;
  await writeFile(aside, password, { mode: 0o600, flush: true });
  await rename(aside, file);
  return password;
};

const syncDirectory = async (path: string): Promise<void> => {
  // Windows cannot open directories.
  if (platform() === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
