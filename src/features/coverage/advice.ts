import type { JsonValue } from "../../types.ts";
import type { Advice, NearCaption, Overlap, Usual } from "./api.ts";

/** Minimum effective number of anchors of a class, so that a wrong or removed one does not decide. */
const FEWEST_ANCHORS = 3;
/** From this overlap on, two classes rest on nearly the same anchors. */
const MOST_OVERLAP = 0.9;
const CONFUSIONS = 3;

export interface Findings {
  readonly name: string;
  readonly effectiveAnchors: number;
  readonly nearest: readonly NearCaption[];
  readonly imageCoherence: number | null;
  /** Overlaps of this class with others, the largest first. */
  readonly overlaps: readonly (Pick<Overlap, "overlap"> & { readonly with: string })[];
  /** Values of the metadata key that are common among the anchors but missing from this class. */
  readonly missingGroups: readonly JsonValue[];
  readonly usual: Usual | null;
}

/** Describes the weaknesses of a class's anchors, and the pairs that would help. */
export const advise = (findings: Findings): Advice[] => {
  const { name, effectiveAnchors, nearest, imageCoherence, overlaps, missingGroups, usual } = findings;
  const [first] = nearest;
  if (first === undefined) {
    return [
      {
        reason: "no-anchors",
        message: `No anchor supports "${name}". Add pairs whose captions are about it.`,
      },
    ];
  }
  const advice: Advice[] = [];
  if (usual !== null && first.similarity < usual.nearestSimilarity) {
    advice.push({
      reason: "far-captions",
      measured: first.similarity,
      usual: usual.nearestSimilarity,
      message:
        `No caption is near "${name}"; the nearest is ${quoted(first.text)} (${shown(first.similarity)}, where nine of ten ` +
        `captions here have another at ${shown(usual.nearestSimilarity)} or nearer). Add pairs whose captions name it.`,
    });
  }
  if (effectiveAnchors < FEWEST_ANCHORS) {
    advice.push({
      reason: "few-anchors",
      measured: effectiveAnchors,
      usual: FEWEST_ANCHORS,
      message: `"${name}" depends on only ${shown(effectiveAnchors)} anchors: one wrong or removed anchor can change the answer. Add more pairs such as ${quoted(first.text)}.`,
    });
  }
  if (usual !== null && imageCoherence !== null && imageCoherence < usual.imageCoherence) {
    advice.push({
      reason: "incoherent-images",
      measured: imageCoherence,
      usual: usual.imageCoherence,
      message:
        `The images of the anchors that support "${name}" are not alike (mean cosine ${shown(imageCoherence)}, where nine ` +
        `of ten captions here reach ${shown(usual.imageCoherence)}). Add pairs with images such as those to be classified.`,
    });
  }
  for (const { with: other, overlap } of overlaps.slice(0, CONFUSIONS)) {
    if (overlap < MOST_OVERLAP) break;
    advice.push({
      reason: "confused-with",
      with: other,
      measured: overlap,
      usual: MOST_OVERLAP,
      message: `"${name}" and "${other}" are supported by nearly the same anchors (overlap ${shown(overlap)}). Add pairs that belong to only one of them, with captions that say so, or prompts that distinguish them.`,
    });
  }
  for (const group of missingGroups) {
    advice.push({
      reason: "missing-group",
      group,
      message: `No anchor that supports "${name}" belongs to ${JSON.stringify(group)}, to which many other anchors belong. Add such pairs.`,
    });
  }
  return advice;
};

const quoted = (text: string | null): string => (text === null ? "without a caption" : JSON.stringify(text));

const shown = (value: number): string => value.toPrecision(2);
