import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { curveSchema, type RecallCurve } from "./recall.ts";

/** The file with a collection's recall curves, in the folder of indexes. */
export const curveFile = (directory: string, collection: string): string =>
  join(directory, `${collection}.recall.json`);

const fileSchema = z.strictObject({
  version: z.literal(1),
  /** Creation time of the collection: identifies it among others of the same name. */
  createdAt: z.string(),
  /** The encoders, because a move to others changes the vectors. Absent in files of older versions. */
  encoders: z.strictObject({ image: z.string(), text: z.string() }).optional(),
  /** By `modality/transform`. */
  curves: z.record(z.string(), curveSchema),
});

/** Identifies a collection's vectors. */
export interface CurvesOf {
  readonly createdAt: Date;
  /** The encoders' ids. */
  readonly encoders: { readonly image: string; readonly text: string };
}

/**
 * Reads the measured curves of a collection's graphs. The result is empty if the file is missing, invalid or of
 * another collection; then graphs are measured after they are built.
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
