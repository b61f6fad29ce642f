import { join } from "node:path";
import { z } from "zod";
import { BYTE_ORDER } from "../byte-order.ts";
import type { TransformKind } from "../../types.ts";
import { isTransformKind } from "../kinds.ts";
import { profileSchema } from "../profile.ts";
import { curveSchema } from "../recall.ts";
import { namedFile } from "./files.ts";

/** The folder of a collection's built index, below the folder of all indexes. */
export const builtFolder = (indexes: string, collection: string): string => join(indexes, collection);

/** The folder of a build that is not done, below that of the collection. */
export const workFolder = (folder: string): string => join(folder, "building");

export const manifestPath = (folder: string): string => join(folder, "manifest.json");
export const planPath = (work: string): string => join(work, "plan.json");

const VERSION = 1;

/** What every version of a plan or a manifest says. */
export const anyVersion = z.looseObject({
  version: z.int(),
  collection: z.looseObject({ name: z.string() }),
});

const count = z.int().nonnegative();

const plannedModality = z.strictObject({
  encoder: z.strictObject({ id: z.string(), sha256: z.string(), dimension: count }),
  transform: z.custom<TransformKind>((value) => typeof value === "string" && isTransformKind(value)),
  /** The fitted mean `[d]` and, where it whitens, the projection `[rank, d]` after it, float32; null where nothing is fitted. */
  fit: namedFile.nullable(),
  /** Of the vectors in the graph: as the transform shows them. */
  dimension: count,
});

const planned = {
  version: z.literal(VERSION),
  /** A collection of the same name that was made at another time is another one. */
  collection: z.strictObject({ name: z.string(), createdAt: z.iso.datetime() }),
  sequence: count,
  count,
  byteOrder: z.enum(["LE", "BE"]),
  profile: profileSchema,
  /** A line of JSON for each vector in the order of labels: id, and the CRC-32 of the image and the text vector. */
  anchors: namedFile,
};

/** With the vectors themselves: `[count, dimension]` float32 of norm 1, as the transform shows them. */
const toBuild = plannedModality.extend({ rows: namedFile });

/** What is to be built; its vectors lie beside it, so that a later run goes on without the collection. */
export const planSchema = z.strictObject({
  ...planned,
  modalities: z.strictObject({ image: toBuild, text: toBuild }),
});

const builtModality = plannedModality.extend({
  /** As hnswlib saves it; its labels are row numbers. */
  graph: namedFile,
  /** How much of the exact answer the graph finds, as measured. */
  curve: curveSchema.nullable(),
});

/** What a built index consists of. */
export const manifestSchema = z.strictObject({
  ...planned,
  modalities: z.strictObject({ image: builtModality, text: builtModality }),
});

export type BuildPlan = z.infer<typeof planSchema>;
export type PlannedModality = z.infer<typeof toBuild>;
export type BuiltModalityFiles = z.infer<typeof builtModality>;
export type BuiltManifest = z.infer<typeof manifestSchema>;

export const newPlan = (rest: Omit<BuildPlan, "version" | "byteOrder">): BuildPlan => ({
  version: VERSION,
  byteOrder: BYTE_ORDER,
  ...rest,
});
