import { readFileSync } from "node:fs";
import { z } from "zod";
import { AnchorageError, faultsOfIssues, faultsText, messageOf } from "../errors.ts";

export const profileSchema = z.strictObject({
  name: z.string(),
  metric: z.literal("cosine"),
  /** Up to this number of live anchors neither partitions nor a graph is built. */
  exactLimit: z.number().int().nonnegative(),
  /** Whether vectors are partitioned; default: no. */
  partitions: z.boolean().optional(),
  /** Whether a graph is built, and how; default: no. */
  hnsw: z
    .strictObject({
      /** Number of links of a vector on each layer of the graph. */
      m: z.number().int().min(2).max(128),
      efConstruction: z.number().int().min(8),
      /** Number of candidates of a search without an ef; at least k. */
      ef: z.number().int().min(1),
    })
    .optional(),
});

/** The index settings of a collection; one file in indexes/ each. */
export type IndexProfile = z.infer<typeof profileSchema>;

/** A profile that has settings of a graph. */
export type GraphProfile = IndexProfile & { readonly hnsw: NonNullable<IndexProfile["hnsw"]> };

/** Whether a profile has settings of a graph. */
export const hasGraphSettings = (profile: IndexProfile): profile is GraphProfile =>
  profile.hnsw !== undefined;

/** The profile, for a graph. @throws AnchorageError `invalid-input` if it has no settings of one */
export const requireGraphSettings = (profile: IndexProfile): GraphProfile => {
  if (hasGraphSettings(profile)) return profile;
  throw new AnchorageError("invalid-input", `The index profile ${profile.name} has no settings "hnsw".`);
};

/** @throws AnchorageError `corrupt-file` that names the invalid field. */
export const parseProfile = (json: string): IndexProfile => {
  const parsed = profileSchema.safeParse(readJson(json));
  if (parsed.success) return parsed.data;
  const faults = faultsOfIssues(parsed.error.issues);
  throw new AnchorageError("corrupt-file", `This is no index profile: ${faultsText(faults)}`, {
    faults,
    cause: parsed.error,
  });
};

const readJson = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new AnchorageError("corrupt-file", `An index profile is no JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

/** The profile of that name in indexes/. @throws AnchorageError `invalid-input` if it is missing or invalid. */
export const profileNamed = (name: string): IndexProfile => {
  try {
    return readProfile(name);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "there is no such file" : messageOf(error);
    throw new AnchorageError("invalid-input", `indexes/${name}.json: ${why}`, { cause: error });
  }
};

/** The checked-in profile of that name. */
export const readProfile = (name: string): IndexProfile =>
  parseProfile(readFileSync(new URL(`../../indexes/${name}.json`, import.meta.url), "utf8"));
