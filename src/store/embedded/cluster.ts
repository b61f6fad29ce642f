import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AnchorageError, messageOf } from "../../errors.ts";
import type { Log } from "../../types.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/** Name of the database user that owns the cluster. */
export const SUPERUSER = "anchorage";

/** A PostgreSQL data directory and the password of {@link SUPERUSER}. */
export interface Cluster {
  readonly directory: string;
  readonly password: string;
}

/** The data directory of PostgreSQL within `dataDir`. */
export const clusterIn = (dataDir: string): string => join(dataDir, "postgres");
/** The password file within `dataDir`. */
export const passwordFileIn = (dataDir: string): string => join(dataDir, "postgres.password");

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
  const passwordFile = join(temporary, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  await account.own(passwordFile);
  const made = join(temporary, "cluster");
  await initialise(account, binaries.initdb, [
    `--pgdata=${made}`,
    `--username=${SUPERUSER}`,
    "--encoding=UTF8",
    "--locale=C",
    "--auth=scram-sha-256",
    `--pwfile=${passwordFile}`,
  ]);
  await rename(made, directory);
  await syncDirectory(dataDir);
  await rm(temporary, { recursive: true, force: true });
  return { directory, password };
};

const initialise = async (account: Account, initdb: string, flags: readonly string[]): Promise<void> => {
  const { file, args, options } = account.command(initdb, flags);
  const { uid, gid } = options;
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  await promisify(execFile)(file, args, { ...identity, env: serverEnvironment(), cwd: "/" }).catch(
    (error: unknown) => {
      const { stderr } = error as { stderr?: string };
      throw new AnchorageError("unavailable", `initdb failed: ${stderr?.trim() ?? messageOf(error)}`, {
        cause: error,
      });
    },
  );
};

/** The environment without variables that would give PostgreSQL another server, locale or directory. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|NODE_)/.test(name))),
  LC_ALL: "C",
});

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
