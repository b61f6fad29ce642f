import type { AsifSettings } from "../../asif/index.ts";

export interface CoverageInput {
  /** `[prompts, d]` row-major, those of the first class first. */
  readonly prompts: Float32Array;
  /** In order, with how many of the prompts are theirs. */
  readonly classes: readonly { readonly name: string; readonly prompts: number }[];
  readonly settings: AsifSettings;
  /** How many of a class's captions, of its groups, and of the most overlapping pairs of classes are listed. */
  readonly top: number;
  /** A metadata key to share a class's anchors out by. */
  readonly groupBy?: string;
}
