import type { ClassifyResult } from "../api/explain.ts";
import type { SearchPlan } from "../api/indexes.ts";
import type { Slot } from "../retrieval/index.ts";
import type { AsifParameters, Ensemble, Negatives, Transform } from "../types.ts";

/** The settings that determine a relative representation, together with the anchors. */
export interface AsifSettings extends Pick<AsifParameters, "k" | "p"> {
  /** Default: `cut`. */
  readonly negatives?: Negatives;
  readonly transform: Transform;
  /** One byte per slot: the anchors that are used; default: all live ones. */
  readonly allow?: Uint8Array;
  readonly exact?: boolean;
  readonly ef?: number;
}

/** Rows over slots; only entries that are not 0 are stored. */
export interface SparseRows {
  readonly count: number;
  /** Row r is at `offsets[r] .. offsets[r + 1]`. */
  readonly offsets: Int32Array;
  readonly slots: Int32Array;
  readonly values: Float64Array;
}

/** Rows of L2 norm 1, or empty. The rows of a query are sorted by descending value, ties by anchor id. */
export interface RelativeRepresentations extends SparseRows {
  /** The similarities that the values were computed from. */
  readonly similarities: Float32Array;
}

export interface ClassifyInput {
  /** `[images, d]` row-major. */
  readonly images: Float32Array;
  /** `[prompts, d]` row-major, grouped by class in order. */
  readonly prompts: Float32Array;
  /** The classes in order, with the number of their prompts. */
  readonly classes: readonly { readonly name: string; readonly prompts: number }[];
  /** `max`: a class scores as its best prompt; `mean`: as the normalised mean of its prompts' representations. */
  readonly ensemble: Ensemble;
  /**
   * With the ensemble `mean`: the last of a class's several prompts is all of them joined, and the class scores as the
   * normalised sum of its representation and of the normalised mean of the others'.
   */
  readonly isSummary?: boolean;
  readonly top: number;
  /** Number of anchors that explain the first class of each image (0: none), or more detailed options. */
  readonly explain: number | ExplainInput;
  readonly settings: AsifSettings;
}

/** How the classes of an image are explained. */
export interface ExplainInput {
  /** Maximum number of anchors, and of groups, that are listed. */
  readonly top: number;
  /** A metadata key to group contributions by. */
  readonly groupBy?: string;
  /** `runner-up`, or a class name. */
  readonly against?: string;
  /** Whether every listed class is explained instead of only the first. */
  readonly every?: boolean;
}

/** The fields of a result that explain a class's score. */
export type Explained = Pick<ClassifyResult, "groups" | "otherGroups" | "against"> &
  Required<Pick<ClassifyResult, "explanation" | "others">>;

export interface Hit {
  readonly slot: Slot;
  readonly score: number;
}

export interface Found {
  /** For each query, best first. */
  readonly hits: readonly (readonly Hit[])[];
  readonly plan: SearchPlan;
}
