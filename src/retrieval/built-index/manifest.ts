import { join } from "node:path";
import { z } from "zod";
import { BYTE_ORDER } from "../byte-order.ts";
import type { Transform, TransformKind } from "../../types.ts";
import type { SnapshotSubject } from "../snapshot/index.ts";
import type { AnchorView } from "../types.ts";
import { isTransformKind } from "../transform.ts";
import { profileSchema } from "../profile.ts";
import { curveSchema } from "../recall.ts";
import { namedFile } from "./files.ts";

/** A collection to index: its anchors in memory, and the encoders of their vectors. */
export interface BuildSubject {
  readonly collection: { readonly name: string; readonly createdAt: string };
  readonly encoders: SnapshotSubject["encoders"];
  /** The transform that the collection's queries use. */
  readonly transform: Transform;
  readonly view: AnchorView;
}

/** The folder of a collection's built index, below the folder of all indexes. */
export const builtFolder = (indexes: string, collection: string): string => join(indexes, collection);

/** The folder of an unfinished build, below that of the collection. */
export const workFolder = (folder: string): string => join(folder, "building");

export const manifestPath = (folder: string): string => join(folder, "manifest.json");
export const planPath = (work: string): string => join(work, "plan.json");

const VERSION = 1;

/** The fields of every version of a plan or a manifest. */
export const anyVersion = z.looseObject({
  version: z.int(),
  collection: z.looseObject({ name: z.string() }),
});

const count = z.int().nonnegative();

const plannedModality = z.strictObject({
  encoder: z.strictObject({ id: z.string(), sha256: z.string(), dimension: count }),
  transform: z.custom<TransformKind>((value) => typeof value === "string" && isTransformKind(value)),
  /**
   * The fitted mean `[d]`, followed by the projection `[rank, d]` if it whitens, as float32; null if there is no fit.
   */
  fit: namedFile.nullable(),
  /** Dimension of the vectors in the index, after the transform. */
  dimension: count,
});

const planned = {
  version: z.literal(VERSION),
  /** Creation time: identifies the collection among others of the same name. */
  collection: z.strictObject({ name: z.string(), createdAt: z.iso.datetime() }),
  sequence: count,
  count,
  byteOrder: z.enum(["LE", "BE"]),
  /** What is built over the vectors; files without it are of graphs. */
  kind: z.enum(["hnsw", "partitions"]).default("hnsw"),
  /** The library that built the graphs, which alone reads their files; null for partitions. */
  library: z.enum(["hnswlib", "usearch"]).nullable().default("hnswlib"),
  profile: profileSchema,
  /** One line of JSON per vector in label order: id, and the CRC-32 of the image vector and the text vector. */
  anchors: namedFile,
};

/** Includes the vectors: `[count, dimension]` float32 of norm 1, after the transform. */
const toBuild = plannedModality.extend({ rows: namedFile });

/** The plan of a build. The vectors are stored beside it, so that a later run can resume without the collection. */
export const planSchema = z.strictObject({
  ...planned,
  modalities: z.strictObject({ image: toBuild, text: toBuild }),
});

const builtModality = plannedModality.extend({
  /** The graph as saved by its library; its labels are row numbers. Null for partitions. */
  graph: namedFile.nullable(),
  /** The measured recall of the graph. */
  curve: curveSchema.nullable(),
  /** The lists of partitions, whose rows are row numbers, with their measured recall. Null for a graph. */
  lists: namedFile.nullable().default(null),
});

/** The contents of a built index. */
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
