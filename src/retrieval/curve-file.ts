import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { curveSchema, type RecallCurve } from "./recall.ts";

/** Where the curves of a collection are, in the folder of the indexes. */
export const curveFile = (directory: string, collection: string): string =>
  join(directory, `${collection}.recall.json`);

const fileSchema = z.strictObject({
  version: z.literal(1),
  /** When the collection was made: another of the same name has other vectors. */
  createdAt: z.string(),
  /** By `modality/transform`. */
  curves: z.record(z.string(), curveSchema),
});

/**
 * What was measured of a collection's graphs; empty where there is no file, or it is broken or of another collection:
 * then graphs are measured when they are built.
 */
export const readCurves = async (file: string, createdAt: Date): Promise<Map<string, RecallCurve>> => {
  try {
    const { data } = fileSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return new Map(data?.createdAt === createdAt.toISOString() ? Object.entries(data.curves) : []);
  } catch {
    return new Map();
  }
};

export const writeCurves = async (
  file: string,
  createdAt: Date,
  curves: ReadonlyMap<string, RecallCurve>,
): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  const content = { version: 1, createdAt: createdAt.toISOString(), curves: Object.fromEntries(curves) };
  await writeFile(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  await rename(`${file}.new`, file);
};
