import { readFileSync } from "node:fs";
import { z } from "zod";

const profileSchema = z.strictObject({
  name: z.string(),
  metric: z.literal("cosine"),
  /** Live anchors up to which every search is exact. */
  exactLimit: z.number().int().nonnegative(),
  hnsw: z.strictObject({
    /** Links a vector keeps on each layer of the graph. */
    m: z.number().int().min(2).max(128),
    efConstruction: z.number().int().min(8),
    /** Candidates that a search keeps where a query names no ef; never fewer than k. */
    ef: z.number().int().min(1),
    /** Beyond this k the exact index is cheaper at any size that fits into memory. */
    maxK: z.number().int().min(1),
  }),
});

/** How a collection is indexed; one file in indexes/ each. */
export type IndexProfile = z.infer<typeof profileSchema>;

/** The checked-in profile of that name. */
export const readProfile = (name: string): IndexProfile =>
  profileSchema.parse(
    JSON.parse(readFileSync(new URL(`../../indexes/${name}.json`, import.meta.url), "utf8")),
  );
