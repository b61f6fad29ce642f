import {
  meanRepresentations,
  relativeRepresentations,
  type RelativeRepresentations,
} from "../../asif/index.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import { advise } from "./advice.ts";
import { groupBy } from "./groups.ts";
import { nearestRows, type OverlappingClass } from "./overlaps.ts";
import { riskOf } from "./risk.ts";
import { effectiveAnchors, heaviest, imageCoherence } from "./support.ts";
import type { ClassCoverage, Coverage, NearCaption, Overlap } from "./api.ts";
import type { CoverageInput } from "./types.ts";
import { usualSupport } from "./usual.ts";

/** Number of classes between yields to the event loop. */
const CLASSES_AT_ONCE = 32;

/**
 * How well the anchors support each of the classes, before anything is classified. A class is represented by the mean
 * of its prompts' relative representations, which is a weighted set of anchors.
 */
export const coverage = async (view: AnchorView, input: CoverageInput): Promise<Coverage> => {
  const { prompts, classes, settings, top } = input;
  const made = await relativeRepresentations(view, "text", prompts, settings);
  const rows = meanRepresentations(
    made.representations,
    classes.map((entry) => entry.prompts),
    view.slotCount,
  );
  const look = await view.look("image", settings.transform);
  const coherence = await imageCoherence(view, look, rows);
  const near = await nearestRows(rows, view.slotCount, Math.max(1, top));
  const usual = await usualSupport(view, look, settings);
  const grouping = input.groupBy === undefined ? undefined : groupBy(view, input.groupBy, settings.allow);
  const covered: ClassCoverage[] = [];
  for (const [row, { name }] of classes.entries()) {
    if (row % CLASSES_AT_ONCE === 0) await new Promise(setImmediate);
    const nearest = nearestCaptions(view, rows, row, Math.max(1, top));
    const weighted = grouping === undefined ? [] : heaviest(rows, row, Infinity);
    const overlaps = (near[row] ?? []).map(({ index, overlap }) => ({
      with: classes[index]?.name ?? "",
      index,
      overlap,
    }));
    const found = {
      effectiveAnchors: effectiveAnchors(rows, row),
      imageCoherence: coherence[row] ?? null,
    };
    covered.push({
      name,
      risk: riskOf({
        ...found,
        nearestSimilarity: nearest[0]?.similarity ?? null,
        overlap: overlaps[0]?.overlap ?? 0,
      }),
      anchors: (rows.offsets[row + 1] ?? 0) - (rows.offsets[row] ?? 0),
      ...found,
      nearest,
      overlap: overlaps[0] ?? null,
      ...(grouping === undefined ? {} : { groups: grouping.weights(weighted).slice(0, top) }),
      advice: advise({
        name,
        ...found,
        nearest,
        overlaps,
        missingGroups: grouping?.missing(weighted) ?? [],
        usual,
      }),
    });
  }
  return {
    classes: covered,
    overlaps: pairsOf(near, classes, top),
    usual,
  };
};

const nearestCaptions = (
  view: AnchorView,
  rows: RelativeRepresentations,
  row: number,
  count: number,
): NearCaption[] => {
  const entries: { slot: number; similarity: number; weight: number }[] = [];
  for (let at = rows.offsets[row] ?? 0; at < (rows.offsets[row + 1] ?? 0); at++) {
    entries.push({
      slot: rows.slots[at] ?? 0,
      similarity: rows.similarities[at] ?? 0,
      weight: (rows.values[at] ?? 0) ** 2,
    });
  }
  entries.sort((a, b) => b.similarity - a.similarity || view.compare(a.slot, b.slot));
  const captions = new Map<string | number, NearCaption>();
  for (const { slot, similarity, weight } of entries) {
    const { id, caption } = view.entry(slot);
    const key = caption ?? slot;
    const known = captions.get(key);
    if (known === undefined) captions.set(key, { text: caption, anchor: id, anchors: 1, similarity, weight });
    else captions.set(key, { ...known, anchors: known.anchors + 1, weight: known.weight + weight });
  }
  return [...captions.values()].slice(0, count);
};

/** The most overlapping pairs; each is among the nearest of one of its classes. */
const pairsOf = (
  near: readonly (readonly OverlappingClass[])[],
  classes: CoverageInput["classes"],
  top: number,
): Overlap[] => {
  const pairs = new Map<string, Overlap>();
  near.forEach((others, row) => {
    for (const { index, overlap } of others) {
      const [first, second] = row < index ? [row, index] : [index, row];
      if (overlap <= 0) continue;
      pairs.set(`${first} ${second}`, {
        first,
        second,
        names: [classes[first]?.name ?? "", classes[second]?.name ?? ""],
        overlap,
      });
    }
  });
  return [...pairs.values()]
    .sort((a, b) => b.overlap - a.overlap || a.first - b.first || a.second - b.second)
    .slice(0, top);
};
