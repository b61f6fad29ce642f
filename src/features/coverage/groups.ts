import type { AnchorView } from "../../retrieval/index.ts";
import type { JsonValue } from "../../types.ts";
import type { Weighted } from "./support.ts";

/** A group is common if it has at least this share of the anchors, */
const COMMON = 0.05;
/** and missing from a class if it has less than this share of its weight. */
const MISSING = 0.001;

/** The distribution of anchors over the values of one metadata field; null: no value. A list counts as one value. */
export interface Grouping {
  readonly weights: (
    entries: readonly Weighted[],
  ) => { readonly group: JsonValue; readonly weight: number }[];
  /** Common groups that are missing from `entries`. */
  readonly missing: (entries: readonly Weighted[]) => JsonValue[];
}

export const groupBy = (view: AnchorView, field: string, allow: Uint8Array | undefined): Grouping => {
  const valueOf = (slot: number): string => {
    const { metadata } = view.entry(slot);
    return JSON.stringify(Object.hasOwn(metadata, field) ? metadata[field] : null);
  };
  const counts = new Map<string, number>();
  let total = 0;
  for (const slot of view.liveSlots()) {
    if (allow !== undefined && allow[slot] !== 1) continue;
    const value = valueOf(slot);
    counts.set(value, (counts.get(value) ?? 0) + 1);
    total++;
  }
  const common = [...counts].filter(([, count]) => count >= COMMON * total).map(([value]) => value);
  const summed = (entries: readonly Weighted[]): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const { slot, weight } of entries) {
      const value = valueOf(slot);
      sums.set(value, (sums.get(value) ?? 0) + weight);
    }
    return sums;
  };
  return {
    weights: (entries) =>
      [...summed(entries)]
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .map(([value, weight]) => ({ group: JSON.parse(value) as JsonValue, weight })),
    missing: (entries) => {
      const sums = summed(entries);
      return common
        .filter((value) => value !== "null" && (sums.get(value) ?? 0) < MISSING)
        .sort()
        .map((value) => JSON.parse(value) as JsonValue);
    },
  };
};
