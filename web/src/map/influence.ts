import type { CollectionClient, ProjectionValues } from "../../../src/features/client.ts";

/** Stored pictures that are asked, and the most classes; more would take minutes. */
const ASKED = 60;
const MOST_CLASSES = 24;
const LISTED = 1_000;

/**
 * How much each anchor changes answers when it is taken away: stored pictures are asked which value of a metadata key
 * they have. Anchors that change nothing, or are asked themselves, have no number.
 *
 * @param ids every point of the map
 */
export const measureInfluence = async (
  collection: CollectionClient,
  key: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ProjectionValues> => {
  const { facets } = await collection.facets({ keys: [key], limit: MOST_CLASSES }, { signal });
  const names = (facets[0]?.values ?? []).flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  const share = Math.max(1, Math.floor(ASKED / Math.max(1, names.length)));
  const asked = (
    await Promise.all(names.map((name) => firstIds(collection, { [key]: name }, share, signal)))
  ).flat();
  if (names.length < 2 || asked.length === 0)
    throw new Error(`${key} has too few texts as values to ask pictures for them.`);
  const { anchors, sequence } = await collection.influence(
    {
      images: asked.map((anchor) => ({ anchor })),
      classes: names.map((name) => ({ name: name.replaceAll("-", " ") })),
      limit: LISTED,
    },
    { signal },
  );
  const changes = new Map(anchors.map(({ anchor, meanChange }) => [anchor, meanChange]));
  for (const id of asked) changes.delete(id);
  return {
    sequence,
    ...{ codes: null, values: [], counts: null },
    numbers: Float32Array.from(ids, (id) => changes.get(id) ?? NaN),
  };
};

const firstIds = async (
  collection: CollectionClient,
  filter: Readonly<Record<string, string>>,
  most: number,
  signal: AbortSignal,
): Promise<string[]> => {
  const found: string[] = [];
  for await (const { id } of collection.listAnchors({ filter, pageSize: most, signal })) {
    found.push(id);
    if (found.length === most) break;
  }
  return found;
};
