import type { Filter } from "../../../src/api/filter.ts";
import type { CollectionClient } from "../../../src/features/client.ts";

/** Pictures that the effect of a deletion is measured on. */
const ASKED = 200;
const MOST_CLASSES = 60;
const LEAST_CLASSES = 2;

/** What a deletion would change, measured on stored pictures that take no part in their own answers. */
export interface Effect {
  /** The metadata key whose values are the classes. */
  readonly by: string;
  readonly asked: number;
  readonly classes: number;
  /** How many would be answered otherwise. */
  readonly flipped: number;
  readonly rightBefore: number;
  readonly rightAfter: number;
  /** Some of those that are right now and would be wrong. */
  readonly lost: readonly {
    readonly id: string;
    readonly text: string | null;
    readonly from: string;
    readonly to: string;
  }[];
}

/** The key that names classes best: the most values that are still few; null where there is none. */
export const classKey = (
  facets: readonly { readonly key: string; readonly distinct: number; readonly anchors: number }[],
  except: readonly string[],
): string | null =>
  facets
    .filter(
      ({ key, distinct }) => !except.includes(key) && distinct >= LEAST_CLASSES && distinct <= MOST_CLASSES,
    )
    .sort((a, b) => b.anchors - a.anchors || b.distinct - a.distinct)[0]?.key ?? null;

/**
 * Asks stored pictures that stay what they are of, with all anchors and without those that would go. Neither answer uses
 * the pictures that are asked about.
 */
export const measureEffect = async (
  collection: CollectionClient,
  filter: Filter,
  by: string,
  signal: AbortSignal,
): Promise<Effect> => {
  const { facets } = await collection.facets({ keys: [by], limit: MOST_CLASSES }, { signal });
  const names = (facets[0]?.values ?? []).flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  const shares = Math.max(1, Math.floor(ASKED / names.length));
  const asked = (
    await Promise.all(
      names.map((name) => firstAnchors(collection, { not: filter, [by]: name }, shares, signal)),
    )
  ).flat();
  const ids = asked.map(({ id }) => id);
  const question = {
    images: ids.map((anchor) => ({ anchor })),
    classes: names.map((name) => ({ name: nameOf(name) })),
    top: 1,
    changes: 0,
  };
  const [before, after] = await Promise.all([
    collection.counterfactual({ ...question, without: { ids } }, { signal }),
    collection.counterfactual({ ...question, without: { ids, filter } }, { signal }),
  ]);
  const outcomes = asked.map(({ id, text, metadata }, i) => ({
    ...{ id, text, truth: nameOf(metadata[by]) },
    from: before.results[i]?.after.classes[0]?.name ?? "",
    to: after.results[i]?.after.classes[0]?.name ?? "",
  }));
  return {
    by,
    asked: asked.length,
    classes: names.length,
    flipped: outcomes.filter(({ from, to }) => from !== to).length,
    rightBefore: outcomes.filter(({ from, truth }) => from === truth).length,
    rightAfter: outcomes.filter(({ to, truth }) => to === truth).length,
    lost: outcomes.filter(({ from, to, truth }) => from === truth && to !== truth).slice(0, 8),
  };
};

/** A value as a class is asked for: "food-drink" is two words. */
const nameOf = (value: unknown): string => (typeof value === "string" ? value.replaceAll("-", " ") : "");

const firstAnchors = async (
  collection: CollectionClient,
  filter: Filter,
  most: number,
  signal: AbortSignal,
) => {
  const found = [];
  for await (const anchor of collection.listAnchors({ filter, pageSize: most, signal })) {
    found.push(anchor);
    if (found.length === most) break;
  }
  return found;
};
