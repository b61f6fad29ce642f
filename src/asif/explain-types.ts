import type { AnchorId } from "../types.ts";
import type { Groups } from "./groups.ts";

/** What one anchor adds to the score of an image and a class. */
export interface Contribution {
  readonly anchor: AnchorId;
  readonly text: string | null;
  /** The product of both sides' values; those of all anchors add up to the score. */
  readonly contribution: number;
  readonly imageSimilarity: number;
  /** To the prompt that gave the score; with the ensemble `mean`, to the prompt that is most similar. */
  readonly textSimilarity: number;
}

/** What one anchor adds to the difference between two classes' scores. */
export interface Difference {
  readonly anchor: AnchorId;
  readonly text: string | null;
  /** To the score of the first class. */
  readonly contribution: number;
  /** To the score of the class that it is compared with. */
  readonly against: number;
  /** The one less the other. */
  readonly difference: number;
}

/** Why the first class and not another. */
export interface Contrast extends Partial<Groups<"contribution" | "against" | "difference">> {
  readonly name: string;
  readonly score: number;
  /** Of the first class's score to this one; the anchors' differences add up to it. */
  readonly difference: number;
  readonly anchors: readonly Difference[];
  readonly others: { readonly anchors: number; readonly difference: number };
}

/** How much is told of the first class of an image. */
export interface ExplainInput {
  /** How many anchors, and how many groups, are listed. */
  readonly top: number;
  /** A metadata key to add contributions up by. */
  readonly groupBy?: string;
  /** `runner-up`, or a class's name. */
  readonly against?: string;
}

export interface Explained extends Partial<Groups<"contribution">> {
  readonly explanation: readonly Contribution[];
  /** The anchors that are not listed. */
  readonly others: { readonly anchors: number; readonly contribution: number };
  /** null where there is no class of another name. */
  readonly against?: Contrast | null;
}
