import type { CoreCollectionClient } from "../../client/index.ts";

const IDS_SHOWN = 5;
const IDS_A_DELETION = 1_000;

/** Anchors that came from a source in an earlier import, and that the source does not hold any more. */
export interface Vanished {
  readonly ids: readonly string[];
  /** Number of all anchors from the same containers. */
  readonly of: number;
}

/**
 * Finds the anchors from `containers` that an import has not met.
 *
 * @param met the ids of everything that the import has read, whether it was stored or not
 */
export const findVanished = async (
  collection: Pick<CoreCollectionClient, "idsOfSource">,
  containers: readonly string[],
  met: ReadonlySet<string>,
): Promise<Vanished> => {
  const ids: string[] = [];
  let of = 0;
  for (const container of containers) {
    for await (const id of collection.idsOfSource(container)) {
      of++;
      if (!met.has(id)) ids.push(id);
    }
  }
  return { ids, of };
};

/**
 * Why the vanished anchors must not be deleted; null if they may.
 *
 * @param limitPercent how many of the anchors from the same containers may go
 */
export const faultOfPruning = (
  { ids, of }: Vanished,
  found: { readonly empty: readonly string[]; readonly unread: number },
  limitPercent: number,
): string | null => {
  const [empty] = found.empty;
  if (empty !== undefined) return `${empty} holds no pair; is it the right one, and is it reachable?`;
  if (found.unread > 0)
    return `${found.unread} of the entries could not be read, so that not all ids are known`;
  if (ids.length <= (of * limitPercent) / 100) return null;
  const percent = Math.ceil((1_000 * ids.length) / of) / 10;
  return `${ids.length} of ${of} anchors (${percent} %) would go, and the limit is ${limitPercent} %; --prune-limit sets another`;
};

/** The first ids, for messages. */
export const someOf = (ids: readonly string[]): string => {
  const more = ids.length - IDS_SHOWN;
  return ids.slice(0, IDS_SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
};

/** Deletes the anchors. @returns how many there were */
export const prune = async (
  collection: Pick<CoreCollectionClient, "deleteAnchors">,
  { ids }: Vanished,
): Promise<number> => {
  let deleted = 0;
  for (let first = 0; first < ids.length; first += IDS_A_DELETION) {
    deleted += (await collection.deleteAnchors({ ids: ids.slice(first, first + IDS_A_DELETION) })).deleted;
  }
  return deleted;
};
