import type { ClassifyResult } from "../api/explain.ts";
import type { SearchPlan } from "../api/indexes.ts";
import type { Slot } from "../retrieval/index.ts";
import type { AsifParameters, Ensemble, Negatives, Transform } from "../types.ts";

/** Everything that a relative representation depends on beside the anchors themselves. */
export interface AsifSettings extends Pick<AsifParameters, "k" | "p"> {
  /** Absent: `cut`. */
  readonly negatives?: Negatives;
  readonly transform: Transform;
  /** One byte a slot: the anchors that serve as memory; absent: all live ones. */
  readonly allow?: Uint8Array;
  readonly exact?: boolean;
  readonly ef?: number;
}

/** Sparse rows over slots, each of L2 norm 1 (or empty); of a query: values descending, ties by anchor id. */
export interface RelativeRepresentations {
  readonly count: number;
  /** Row r is at `offsets[r] .. offsets[r + 1]`. */
  readonly offsets: Int32Array;
  readonly slots: Int32Array;
  readonly values: Float64Array;
  /** The similarities that the values were made from. */
  readonly similarities: Float32Array;
}

export interface ClassifyInput {
  /** `[images, d]` row-major. */
  readonly images: Float32Array;
  /** `[prompts, d]` row-major, those of the first class first. */
  readonly prompts: Float32Array;
  /** In order, with how many of the prompts are theirs. */
  readonly classes: readonly { readonly name: string; readonly prompts: number }[];
  /** `max`: a class scores as its best prompt; `mean`: as the normalised mean of its prompts' representations. */
  readonly ensemble: Ensemble;
  readonly top: number;
  /** How many anchors explain the first class of each image, 0 for none; or more than that. */
  readonly explain: number | ExplainInput;
  readonly settings: AsifSettings;
}

/** How the classes of an image are explained. */
export interface ExplainInput {
  /** How many anchors, and how many groups, are listed. */
  readonly top: number;
  /** A metadata key to add contributions up by. */
  readonly groupBy?: string;
  /** `runner-up`, or a class's name. */
  readonly against?: string;
  /** Whether every listed class is explained, not the first alone. */
  readonly every?: boolean;
}

/** The parts of a result that say how a class got its score. */
export type Explained = Pick<ClassifyResult, "groups" | "otherGroups" | "against"> &
  Required<Pick<ClassifyResult, "explanation" | "others">>;

export interface Hit {
  readonly slot: Slot;
  readonly score: number;
}

export interface Found {
  readonly hits: readonly Hit[];
  readonly plan: SearchPlan;
}
