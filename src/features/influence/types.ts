import type { ClassifyInput } from "../../asif/index.ts";
import type { Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { UsedFit } from "../counterfactual/api.ts";
import type { RemovalEffect } from "./judge.ts";

export interface InfluenceInput extends Omit<ClassifyInput, "top" | "explain"> {
  /** Maximum number of anchors that are listed. */
  readonly limit: number;
}

/** Answers by one method, prepared to be recomputed without any one anchor. */
export interface AnswersWithout {
  /** The first class of each image, and its score. */
  readonly winners: Int32Array;
  readonly scores: Float64Array;
  /** The anchors in the representation of an image or a prompt. */
  readonly supporting: readonly Slot[];
  /** Calls `onEffect` once for every image whose answer may change without the anchor. */
  readonly withoutAnchor: (slot: Slot, onEffect: (image: number, effect: RemovalEffect) => void) => void;
  readonly fits: Readonly<Record<Modality, UsedFit>>;
}
