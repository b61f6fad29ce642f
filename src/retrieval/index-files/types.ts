import type { IndexProfile } from "../index.ts";
import type { AnchorId, CollectionName, Modality, Sequence } from "../../types.ts";

/** A collection's vectors at one sequence, row i of both modalities being the anchor `ids[i]`. */
export interface Vectors {
  readonly collection: CollectionName;
  readonly sequence: Sequence;
  readonly ids: readonly AnchorId[];
  /** `[n, d]` row-major, rows of L2 norm 1. */
  readonly rows: Readonly<Record<Modality, Float32Array>>;
  readonly dimensions: Readonly<Record<Modality, number>>;
  readonly encoders: Readonly<Record<Modality, { readonly id: string; readonly sha256: string }>>;
}

export interface IndexFile {
  /** Beside the manifest. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * What the files of an index are, written beside them. The vectors are as they are stored, without the collection's
 * transform.
 */
export interface IndexManifest {
  readonly collection: string;
  readonly sequence: number;
  readonly count: number;
  readonly profile: IndexProfile;
  readonly transform: "none";
  readonly encoders: Vectors["encoders"];
  readonly dimensions: Vectors["dimensions"];
  /** Of row i on line i, each a JSON string. */
  readonly ids: IndexFile;
  /** `exact`: the rows, float32 little-endian; `hnsw`: the graph as hnswlib saves it, its labels being rows. */
  readonly indexes: Readonly<
    Record<Modality, { readonly exact: IndexFile; readonly hnsw: IndexFile | null }>
  >;
}
