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

export const SUPERUSER = "anchorage";

/** PostgreSQL's own folder, and the password of {@link SUPERUSER} in it. */
export interface Cluster {
  readonly directory: string;
  readonly password: string;
}

export const clusterIn = (dataDir: string): string => join(dataDir, "postgres");
export const passwordFileIn = (dataDir: string): string => join(dataDir, "postgres.password");

/**
 * The cluster below `dataDir`, made where there is none. It is built aside and renamed when whole, so that one that was
 * cut off is made again.
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

  log(`making a PostgreSQL cluster in ${directory}`);
  const workshop = join(dataDir, "postgres.new");
  await rm(workshop, { recursive: true, force: true });
  await mkdir(workshop, { mode: 0o700 });
  await account.own(workshop);
  const passwordFile = join(workshop, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  await account.own(passwordFile);
  const made = join(workshop, "cluster");
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
  await rm(workshop, { recursive: true, force: true });
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

/** Our environment without what would turn PostgreSQL's programs to another server, locale or folder. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|NODE_)/.test(name))),
  LC_ALL: "C",
});

/** The password is written before the cluster that is made with it, and stays. */
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
  // Windows opens no folders.
  if (platform() === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
