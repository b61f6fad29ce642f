import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import type { Entry, Pair, PairSource } from "../../../src/features/importing/index.ts";
import type { Reject } from "../../../src/features/files/index.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

/** A temporary folder that holds `files`, by their paths in it. */
export const folderOf = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
  const directory = await temporaryDirectory();
  await writeFiles(directory, files);
  return directory;
};

export const writeFiles = async (
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> => {
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), contents);
  }
};

export const entriesOf = async (source: PairSource): Promise<Entry[]> => {
  const entries: Entry[] = [];
  for await (const entry of source.entries()) entries.push(entry);
  return entries;
};

export const pairsIn = (entries: readonly Entry[]): Pair[] =>
  entries.filter((entry): entry is Pair => entry.kind === "pair");

export const rejectsIn = (entries: readonly Entry[]): Reject[] =>
  entries.filter((entry): entry is Reject => entry.kind === "reject");

const MARKS = { reject: "!", ignored: "-" } as const;

/** Entries in short: `id: caption`, `! reason` of a rejected one, and `- reason` of an ignored one. */
export const summaryOf = (entries: readonly Entry[]): string[] =>
  entries.map((entry) =>
    entry.kind === "pair" ? `${entry.id}: ${entry.text}` : `${MARKS[entry.kind]} ${entry.reason}`,
  );

/** A small picture of one colour, `hue` being degrees. */
export const picture = (hue: number): Promise<Buffer> =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">` +
        `<rect width="16" height="16" fill="hsl(${hue},80%,50%)"/></svg>`,
    ),
  )
    .png()
    .toBuffer();
