import { eq } from "drizzle-orm";
import { notFound } from "../errors.ts";
import type { Sequence } from "../types.ts";
import type { Queries } from "./database.ts";
import { collections } from "./schema.ts";
import type { CollectionRecord } from "./types.ts";

/** Writers to one collection take turns from here to their commit, so that sequences have neither gaps nor twins. */
export const lockCollection = async (
  queries: Queries,
  { key, name }: CollectionRecord,
): Promise<{ sequence: Sequence; anchorCount: number }> => {
  const [row] = await queries
    .select({ sequence: collections.sequence, anchorCount: collections.anchorCount })
    .from(collections)
    .where(eq(collections.key, key))
    .for("no key update");
  if (row === undefined) throw notFound("collection", name);
  return row;
};
