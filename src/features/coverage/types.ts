import type { AsifSettings } from "../../asif/index.ts";

export interface CoverageInput {
  /** `[prompts, d]` row-major, grouped by class in order. */
  readonly prompts: Float32Array;
  /** The classes in order, with the number of their prompts. */
  readonly classes: readonly { readonly name: string; readonly prompts: number }[];
  readonly settings: AsifSettings;
  /** Maximum number of captions and groups per class, and of overlapping pairs of classes, that are listed. */
  readonly top: number;
  /** A metadata key to group a class's anchors by. */
  readonly groupBy?: string;
}
