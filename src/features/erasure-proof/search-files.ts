import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Inspection } from "../../store/index.ts";
import { readFiles, type FilePart } from "./raw-files.ts";
import type { Hunt } from "./needles.ts";
import { createScanner, type Scanner } from "./scanner.ts";
import { countsIn, createTallies, createTally, type Tally } from "./tally.ts";

const PIECE_BYTES = 1024 * 1024;

export interface FilesOfPostgres {
  readonly files: number;
  readonly bytes: number;
  readonly walBytes: number;
  /** Matches in the files of each table; null: files that belong to no table. */
  readonly tables: readonly (readonly [string | null, Tally])[];
}

/** @returns null if Postgres denies access to its files */
export const searchPostgres = async (
  inspection: Inspection,
  { needles }: Hunt,
): Promise<FilesOfPostgres | null> => {
  const scanner = createScanner(needles.map(({ bytes }) => bytes));
  const tallies = createTallies<string | null>();
  let path = "";
  let push: (piece: Uint8Array) => void = () => undefined;
  const onPart = (part: FilePart): void => {
    if (part.path !== path) {
      const { path: now, table } = part;
      path = now;
      push = scanner.stream((needle, at) => {
        if (countsIn(needles[needle], table))
          tallies.of(table).add(needle, { name: nameOf(inspection, now), at, table });
      });
    }
    push(part.bytes);
  };
  const read = await readFiles(inspection.database, onPart, inspection.server === "embedded");
  return read === null ? null : { ...read, tables: [...tallies.entries()] };
};

const nameOf = ({ server }: Inspection, path: string): string =>
  server === "embedded" ? `postgres/${path}` : path;

export interface IndexFile {
  /** As `indexes/3/12.snapshot`. */
  readonly path: string;
  readonly bytes: number;
  readonly tally: Tally;
}

/** Searches every file below `directory`, including files that Anchorage did not write. */
export const searchIndexes = async (directory: string, { needles }: Hunt): Promise<IndexFile[]> => {
  const scanner = createScanner(needles.map(({ bytes }) => bytes));
  const found: IndexFile[] = [];
  for (const path of await filesBelow(directory))
    found.push(await searchFile(join(directory, path), `indexes/${path.replaceAll(sep, "/")}`, scanner));
  return found;
};

const searchFile = async (file: string, path: string, scanner: Scanner): Promise<IndexFile> => {
  const tally = createTally();
  const push = scanner.stream((needle, at) => tally.add(needle, { name: path, at }));
  let bytes = 0;
  try {
    const stream: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: PIECE_BYTES });
    for await (const piece of stream) {
      push(piece);
      bytes += piece.length;
    }
  } catch (error) {
    // A snapshot is deleted after a newer one has appeared.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return { path, bytes, tally };
};

const filesBelow = async (directory: string): Promise<string[]> => {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
};
