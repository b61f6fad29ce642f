import type { CollectionSpecBody } from "../../client/index.ts";
import type { SourceOptions } from "./open.ts";
import type { VectorSources } from "./vector-arrays.ts";

/** An import as a person asks for it. */
export interface ImportRun {
  /** Of folders, tables and shards, and addresses of data sets. */
  readonly patterns: readonly string[];
  readonly source: SourceOptions;
  /** Vectors from elsewhere, in the place of sources; null: there are none. */
  readonly vectors: VectorSources | null;
  /** The hub of data sets, such as `https://huggingface.co`. */
  readonly endpoint: string;
  readonly collection: CollectionSpecBody;
  /** Whether the collection is made where it is not there. */
  readonly create: boolean;
  readonly replace: boolean;
  /** Whether every id gets the name of its source. */
  readonly prefix: boolean;
  /** How many percent of a source's anchors may be deleted because they are not in it any more; null: none are. */
  readonly pruneLimit: number | null;
  /** Reads everything and stores nothing. */
  readonly dryRun: boolean;
  /** A file for what is rejected. */
  readonly rejects: string | undefined;
}
