import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { needsDescriptor, type Account, type User } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/** Where root keeps programs for other users. */
const SHARED = "/var/lib/anchorage";

/**
 * The programs at a place where PostgreSQL's user can run them. If root installed them below a closed folder such as /root,
 * that is a copy in /var/lib/anchorage, made once for each version.
 *
 * @throws AnchorageError `unavailable` if the user reaches neither the programs nor a copy, or cannot reach `dataDir`
 */
export const reachablePrograms = async (
  binaries: Binaries,
  account: Account,
  dataDir: string,
  log: Log,
): Promise<Binaries> => {
  const { user } = account;
  if (user === null) return binaries;
  const needed = needsDescriptor(account) ? [] : [dirname(dataDir)];
  const closed = await firstBlocked(needed, user);
  if (closed !== null) throw unreachable(user, closed);
  const blocked = await firstBlocked(Object.values(binaries), user);
  if (blocked === null) return binaries;
  const root = dirname(dirname(binaries.postgres));
  const copy = await copyPrograms(root, log).catch((error: unknown) => {
    throw unreachable(user, blocked, error);
  });
  const still = await firstBlocked([copy], user);
  if (still !== null) throw unreachable(user, still);
  return {
    postgres: join(copy, relative(root, binaries.postgres)),
    initdb: join(copy, relative(root, binaries.initdb)),
  };
};

const unreachable = ({ name }: User, path: string, cause?: unknown): AnchorageError =>
  new AnchorageError(
    "unavailable",
    `PostgreSQL does not run as root, and the user ${name} cannot reach ${path}. Start as another user, move the ` +
      `installation and DATA_DIR to a folder that this user can access, or set DATABASE_URL.`,
    { cause },
  );

const copyPrograms = async (root: string, log: Log): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(dirname(root), "package.json"), "utf8")) as {
    version: string;
  };
  const target = join(SHARED, `${basename(dirname(root))}-${version}`);
  await mkdir(SHARED, { recursive: true });
  await chmod(SHARED, 0o755);
  if ((await stat(target).catch(() => null)) !== null) return target;
  log.info(`copying PostgreSQL to ${target}, where its user can run it`);
  const aside = join(SHARED, `.${randomBytes(8).toString("hex")}.new`);
  try {
    await cp(root, aside, { recursive: true, verbatimSymlinks: true });
    await openToAll(aside);
    // Another start may have been faster.
    await rename(aside, target).catch(async (error: unknown) => {
      if ((await stat(target).catch(() => null)) === null) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return target;
};

/** Lets every user read and run what is in a folder, whatever the umask of the installation. */
const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
};

/** The first of `paths`, or of their parent folders, that `user` cannot read or traverse; null if there is none. */
const firstBlocked = async (paths: readonly string[], user: User): Promise<string | null> => {
  for (const path of paths) {
    for (let at = path; ; at = dirname(at)) {
      const { mode, uid, gid } = await stat(at);
      const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
      const needed = at === path ? 0o5 : 0o1;
      if (((mode >> shift) & needed) !== needed) return at;
      if (dirname(at) === at) break;
    }
  }
  return null;
};
