import { chown, readFile, stat } from "node:fs/promises";
import { platform } from "node:os";
import { AnchorageError } from "../../errors.ts";
import { clusterIn } from "./paths.ts";

/** The operating system user that PostgreSQL runs as and that owns its files. */
export interface Account {
  /** Null: the user of this process. Otherwise this process runs as root and PostgreSQL as this user. */
  readonly user: User | null;
  /** Makes this user the owner of the file or folder at `path`. */
  own(path: string): Promise<void>;
}

/** A user by name and numbers. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const ourselves: Account = { user: null, own: () => Promise.resolve() };

/**
 * Chooses the user that PostgreSQL runs as: the current user, or, because PostgreSQL refuses to run as root, the owner of
 * the cluster within `dataDir`, else `postgres` or `nobody`.
 *
 * @throws AnchorageError `unavailable` if the current user is root and there is no such user
 */
export const chooseAccount = async (dataDir: string): Promise<Account> => {
  if (process.getuid?.() !== 0) return ourselves;
  const user = (await ownerOf(clusterIn(dataDir))) ?? (await findUser());
  return { user, own: (path) => chown(path, user.uid, user.gid) };
};

/** Null if there is nothing at `path`, or if it belongs to root. */
const ownerOf = async (path: string): Promise<User | null> => {
  const found = await stat(path).catch(() => null);
  return found === null || found.uid === 0
    ? null
    : { name: `with the id ${found.uid}`, uid: found.uid, gid: found.gid };
};

const findUser = async (): Promise<User> => {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => ""))
    .split("\n")
    .map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const [name, , uid, gid] = lines.find(([other]) => other === wanted) ?? [];
    // macOS lists the uid of nobody as -2.
    if (name !== undefined) return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new AnchorageError(
    "unavailable",
    "PostgreSQL does not run as root, and there is neither a user postgres nor nobody. Start as another user, or set DATABASE_URL.",
  );
};

/** Whether PostgreSQL's user reaches its cluster by a descriptor, because folders above it may be closed to that user. */
export const needsDescriptor = ({ user }: Account): boolean => user !== null && platform() === "linux";
