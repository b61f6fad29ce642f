import type { Slot } from "../retrieval/index.ts";
import type { JsonValue, Metadata } from "../types.ts";

/** Sums over the anchors with one value of a metadata key. */
export type Group<Name extends string> = {
  /** The key's value; null for anchors without it. */
  readonly group: JsonValue;
  /** Number of anchors that contribute to it. */
  readonly anchors: number;
} & Readonly<Record<Name, number>>;

export interface Groups<Name extends string> {
  /** Sorted by the absolute value of the first sum, descending; ties in order of first occurrence. */
  readonly groups: readonly Group<Name>[];
  /** The sums of the groups that are not listed. */
  readonly otherGroups: { readonly groups: number } & Readonly<Record<Name, number>>;
}

/**
 * Sums terms by the metadata value of their anchors. An anchor whose value is a list counts for each element in equal
 * shares, so that the groups still sum to the total; an anchor without the key, or with an empty list, counts for
 * null.
 *
 * @param sums the values of a term to sum; groups are ordered by the absolute value of the first
 */
export const groupParts = <Part extends { readonly slot: Slot }, Name extends string>(
  parts: readonly Part[],
  key: string,
  metadataOf: (slot: Slot) => Metadata,
  limit: number,
  sums: Readonly<Record<Name, (part: Part) => number>>,
): Groups<Name> => {
  const names = Object.keys(sums) as Name[];
  const zeros = (): Record<Name, number> =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const found = new Map<string, { group: JsonValue; anchors: number; totals: Record<Name, number> }>();
  for (const part of parts) {
    const values = valuesOf(metadataOf(part.slot), key);
    for (const [text, group] of values) {
      let entry = found.get(text);
      if (entry === undefined) found.set(text, (entry = { group, anchors: 0, totals: zeros() }));
      entry.anchors++;
      for (const name of names) entry.totals[name] += sums[name](part) / values.size;
    }
  }
  const [leading] = names;
  const strength = ({ totals }: { totals: Record<Name, number> }): number =>
    leading === undefined ? 0 : Math.abs(totals[leading]);
  const ordered = [...found.values()].sort((a, b) => strength(b) - strength(a));
  const rest = ordered.slice(limit);
  const left = zeros();
  for (const { totals } of rest) for (const name of names) left[name] += totals[name];
  return {
    groups: ordered
      .slice(0, limit)
      .map(({ group, anchors, totals }): Group<Name> => ({ group, anchors, ...totals })),
    otherGroups: { groups: rest.length, ...left },
  };
};

/** The groups of an anchor as JSON, because the number 1 and the text "1" are different values. */
const valuesOf = (metadata: Metadata, key: string): Map<string, JsonValue> => {
  const value = Object.hasOwn(metadata, key) ? (metadata[key] ?? null) : null;
  const elements: readonly JsonValue[] = isList(value) ? value : [value];
  return new Map(
    (elements.length === 0 ? [null] : elements).map((element) => [JSON.stringify(element), element]),
  );
};

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
