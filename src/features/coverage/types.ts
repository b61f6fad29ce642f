import type { AsifSettings } from "../../asif/index.ts";
import type { AnchorId, JsonValue } from "../../types.ts";

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

/** What would be better with other anchors. */
export interface Advice {
  readonly reason:
    "no-anchors" | "few-anchors" | "far-captions" | "incoherent-images" | "confused-with" | "missing-group";
  /** The class that it overlaps with. */
  readonly with?: string;
  /** Of the metadata key that was asked for, a value that many anchors have and none of this class's. */
  readonly group?: JsonValue;
  /** What was measured, and what would do, where there is such a number. */
  readonly measured?: number;
  readonly usual?: number;
  /** The same in words, and which pairs to add. */
  readonly message: string;
}

export interface NearCaption {
  readonly text: string | null;
  /** The nearest of those that have it, and how many there are. */
  readonly anchor: AnchorId;
  readonly anchors: number;
  readonly similarity: number;
  /** Their share of the class's representation. */
  readonly weight: number;
}

export interface ClassCoverage {
  readonly name: string;
  /** In (0, 1); see `riskOf`. */
  readonly risk: number;
  /** That the representation holds, and how many they amount to. */
  readonly anchors: number;
  readonly effectiveAnchors: number;
  /** By similarity, the nearest first. */
  readonly nearest: readonly NearCaption[];
  /** Null with fewer than two anchors. */
  readonly imageCoherence: number | null;
  /** With the class that is most alike; null where there is no other. */
  readonly overlap: { readonly with: string; readonly index: number; readonly overlap: number } | null;
  /** The largest shares first; `null` is what has no value. */
  readonly groups?: readonly { readonly group: JsonValue; readonly weight: number }[];
  readonly advice: readonly Advice[];
}

/** Two classes, by their places in the request. */
export interface Overlap {
  readonly first: number;
  readonly second: number;
  readonly names: readonly [string, string];
  readonly overlap: number;
}

export interface Coverage {
  readonly classes: readonly ClassCoverage[];
  /** The most overlapping first. */
  readonly overlaps: readonly Overlap[];
  /** What nine of ten of the collection's own captions reach by the anchors of the others; null with too few captions. */
  readonly usual: Usual | null;
}

export interface Usual {
  readonly captions: number;
  readonly nearestSimilarity: number;
  readonly imageCoherence: number;
}
