import { execFile, type SpawnOptions } from "node:child_process";
import { chown, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { AnchorageError } from "../../errors.ts";

/** The operating system user that PostgreSQL runs as and that owns its files. */
export interface Account {
  /** The command line that runs `program` as this user. */
  command(program: string, args: readonly string[]): { file: string; args: string[]; options: SpawnOptions };
  /** Makes this user the owner of the file or folder at `path`. */
  own(path: string): Promise<void>;
}

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const ourselves: Account = {
  command: (file, args) => ({ file, args: [...args], options: {} }),
  own: () => Promise.resolve(),
};

/**
 * Chooses the user that PostgreSQL runs as: the current user, or, because PostgreSQL refuses to run as root, `postgres`
 * or `nobody` if the current user is root.
 *
 * If that user cannot traverse the parent folders of `paths` (for example below /root), util-linux's `setpriv` grants the
 * capability to bypass the file permissions.
 *
 * @throws AnchorageError `unavailable` if the current user is root and neither is possible
 */
export const chooseAccount = async (program: string, paths: readonly string[]): Promise<Account> => {
  if (process.getuid?.() !== 0) return ourselves;
  const user = await findUser();
  const own = (path: string): Promise<void> => chown(path, user.uid, user.gid);
  const blocked = await firstBlocked([program, ...paths], user);
  if (blocked === null) {
    const options = { uid: user.uid, gid: user.gid };
    return { command: (file, args) => ({ file, args: [...args], options }), own };
  }
  const flags = privileges(user);
  try {
    await promisify(execFile)("setpriv", [...flags, program, "--version"]);
  } catch (error) {
    throw new AnchorageError(
      "unavailable",
      `PostgreSQL does not run as root, and the user ${user.name} cannot reach ${blocked}. Start as another user, ` +
        `move the installation and DATA_DIR to a folder that ${user.name} can access, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  return {
    command: (file, args) => ({ file: "setpriv", args: [...flags, file, ...args], options: {} }),
    own,
  };
};

const privileges = ({ uid, gid }: User): string[] => [
  `--reuid=${uid}`,
  `--regid=${gid}`,
  "--clear-groups",
  "--inh-caps=+dac_override",
  "--ambient-caps=+dac_override",
  // Without it access(2) ignores the capabilities of non-root users, and initdb checks its programs with access(2).
  "--securebits=+no_setuid_fixup",
];

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
