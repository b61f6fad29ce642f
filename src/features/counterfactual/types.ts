import type { Anchor } from "../../api/anchors.ts";
import type { Filter } from "../../api/filter.ts";
import type { FitUsed } from "../../api/methods.ts";
import type { Answer, ClassifyRequest, ClassifyResult } from "../../collections/index.ts";
import type { AnchorId, Method, Modality } from "../../types.ts";
import type { ScoreChange, UsedFit } from "./counterfactual.ts";

/** A classification that is answered twice: by the anchors as they are, and as they would be. */
export interface CounterfactualRequest extends ClassifyRequest {
  /** Anchors that are taken away; either or both. */
  readonly without?: { readonly ids?: readonly AnchorId[]; readonly filter?: Filter };
  /** Anchors that come, as they would be written. */
  readonly with?: readonly Anchor[];
  /** How many classes' changes are listed for each image; 5 where absent. */
  readonly changes?: number;
}

export interface CounterfactualAnswer extends Answer {
  readonly anchors: { readonly before: number; readonly after: number };
  /** How many of those named are there. */
  readonly removed: number;
  readonly added: number;
  /** How many of the added are there under the same id, and are not taken away. */
  readonly replaced: number;
  /** Images whose first class has another name afterwards. */
  readonly flipped: number;
  readonly results: readonly {
    readonly before: ClassifyResult;
    readonly after: ClassifyResult;
    readonly flips: boolean;
    readonly changes: readonly ScoreChange[];
  }[];
  readonly method: Method;
  /** What was fitted for either answer, beside transforms. */
  readonly fits: { readonly before: readonly FitUsed[]; readonly after: readonly FitUsed[] };
  /** Of the method `asif`: fitted on the anchors as they are, and used for both answers. */
  readonly transforms?: Readonly<Record<Modality, UsedFit>>;
}
