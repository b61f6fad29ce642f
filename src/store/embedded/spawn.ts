import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { needsDescriptor, type Account } from "./account.ts";

/** What {@link spawnOn} starts. */
export interface Spawned {
  readonly account: Account;
  readonly program: string;
  /** The arguments, given the path by which the program reaches `folder`. */
  readonly args: (folder: string) => readonly string[];
  /** A folder that PostgreSQL's user owns. */
  readonly folder: string;
  /** Standard input, output and error, then descriptors that the program inherits. */
  readonly stdio: readonly ("ignore" | "pipe" | number)[];
}

/**
 * Starts a program of PostgreSQL as its user, without capabilities or other groups.
 *
 * If this process is root, the folders above `folder` are closed to that user. The program then gets `folder` as an open
 * descriptor and reaches it as `/proc/self/fd/N`, which needs no access to those folders. All its child processes inherit
 * the descriptor.
 */
export const spawnOn = ({ account, program, args, folder, stdio }: Spawned): ChildProcess => {
  const { user } = account;
  const identity = user === null ? {} : { uid: user.uid, gid: user.gid };
  const descriptor = needsDescriptor(account)
    ? openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    : null;
  const reached = descriptor === null ? folder : `/proc/self/fd/${stdio.length}`;
  const all: StdioOptions = [...stdio, ...(descriptor === null ? [] : [descriptor])];
  try {
    return spawn(program, [...args(reached)], {
      ...identity,
      // Its own process group: Ctrl-C in the terminal must not stop it before open transactions have ended.
      detached: true,
      stdio: all,
      env: serverEnvironment(),
      cwd: "/",
    });
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

/** What PostgreSQL may see of the environment: no secrets, and nothing that gives it another server, locale or directory. */
const ENVIRONMENT =
  /^(PATH|HOME|TZ|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERNAME|USERPROFILE|APPDATA|LOCALAPPDATA)$/i;

const serverEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name))),
  LC_ALL: "C",
});
