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
  /** So has one that moved to other encoders. In a file of an older version they are absent. */
  encoders: z.strictObject({ image: z.string(), text: z.string() }).optional(),
  /** By `modality/transform`. */
  curves: z.record(z.string(), curveSchema),
});

/** What a collection's vectors are known by. */
export interface CurvesOf {
  readonly createdAt: Date;
  /** By their ids. */
  readonly encoders: { readonly image: string; readonly text: string };
}

/**
 * What was measured of a collection's graphs; empty where there is no file, or it is broken or of another collection:
 * then graphs are measured when they are built.
 */
export const readCurves = async (file: string, of: CurvesOf): Promise<Map<string, RecallCurve>> => {
  try {
    const { data } = fileSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    const isOf =
      data?.createdAt === of.createdAt.toISOString() &&
      data.encoders?.image === of.encoders.image &&
      data.encoders.text === of.encoders.text;
    return new Map(isOf ? Object.entries(data.curves) : []);
  } catch {
    return new Map();
  }
};

export const writeCurves = async (
  file: string,
  { createdAt, encoders }: CurvesOf,
  curves: ReadonlyMap<string, RecallCurve>,
): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  const content = {
    version: 1,
    createdAt: createdAt.toISOString(),
    encoders,
    curves: Object.fromEntries(curves),
  };
  await writeFile(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  await rename(`${file}.new`, file);
};
