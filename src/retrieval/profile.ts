import { readFileSync } from "node:fs";
import { z } from "zod";
import { AnchorageError, faultsOfIssues, faultsText, messageOf } from "../errors.ts";

export const profileSchema = z.strictObject({
  name: z.string(),
  metric: z.literal("cosine"),
  /** Live anchors up to which no graph is built, but where a query asks for one by its ef. */
  exactLimit: z.number().int().nonnegative(),
  hnsw: z.strictObject({
    /** Links a vector keeps on each layer of the graph. */
    m: z.number().int().min(2).max(128),
    efConstruction: z.number().int().min(8),
    /** Candidates that a search keeps where a query names no ef; never fewer than k. */
    ef: z.number().int().min(1),
  }),
});

/** How a collection is indexed; one file in indexes/ each. */
export type IndexProfile = z.infer<typeof profileSchema>;

/** @throws AnchorageError `corrupt-file` that names the field which is wrong. */
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

/** The profile of that name in indexes/. @throws AnchorageError `invalid-input` where there is none, or it is wrong. */
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
