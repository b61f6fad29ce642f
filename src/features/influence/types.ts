import type { Answer, ClassifyRequest, Pictured } from "../../collections/index.ts";
import type { Modality } from "../../types.ts";
import type { UsedFit } from "../counterfactual/counterfactual.ts";
import type { Influence, Influences } from "./influence.ts";

/** A classification whose anchors are taken away, one at a time. */
export interface InfluenceRequest extends Omit<ClassifyRequest, "top" | "explain" | "rank" | "members"> {
  /** How many anchors are listed; 10 where absent. */
  readonly limit?: number;
}

export interface InfluenceAnswer extends Omit<Influences, "anchors" | "fits">, Answer {
  readonly anchors: readonly (Influence & Pictured)[];
  /** Fitted on the anchors as they are. */
  readonly transforms: Readonly<Record<Modality, UsedFit>>;
}
