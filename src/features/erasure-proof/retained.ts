import type { CollectionRecord, Database, Receipt } from "../../store/index.ts";

/**
 * Lists what receipts name as made with anchors and kept, such as `adapter captions@1`, as far as it is still there. Its
 * bytes hold no anchor, and yet it was trained on what was deleted.
 *
 * @param receipts of deletions from `collection`
 * @example
 * ```ts
 * await listRetained(core.store, collection, [{ retainedBy: ["adapter captions@1"] }]); // ["adapter captions@1"]
 * ```
 */
export const listRetained = async (
  database: Database,
  { key }: Pick<CollectionRecord, "key">,
  receipts: readonly Pick<Receipt, "retainedBy">[],
): Promise<readonly string[]> => {
  const named = new Set(receipts.flatMap(({ retainedBy }) => retainedBy));
  if (named.size === 0) return [];
  const { trainedOn } = await import("../epalm/index.ts");
  const kept = await database.query((queries) => trainedOn(queries, key));
  return kept.filter((name) => named.has(name));
};
