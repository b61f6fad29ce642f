import type { ClassifyInput } from "../../asif/index.ts";
import type { Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { UsedFit } from "../counterfactual/api.ts";
import type { RemovalEffect } from "./judge.ts";

export interface InfluenceInput extends Omit<ClassifyInput, "top" | "explain"> {
  /** How many anchors are listed. */
  readonly limit: number;
}

/** Answers by one method, ready to be asked for without any anchor. */
export interface AnswersWithout {
  /** The class that comes first for each image, and its score. */
  readonly winners: Int32Array;
  readonly scores: Float64Array;
  /** The anchors that an image or a prompt is described by. */
  readonly supporting: readonly Slot[];
  /** Calls `onEffect` once for every image whose answer may change without the anchor. */
  readonly withoutAnchor: (slot: Slot, onEffect: (image: number, effect: RemovalEffect) => void) => void;
  readonly fits: Readonly<Record<Modality, UsedFit>>;
}
