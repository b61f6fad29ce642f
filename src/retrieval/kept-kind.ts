import type { IndexKind } from "../api/indexes.ts";
import type { Lens } from "./lens-types.ts";
import { hasGraphSettings, type IndexProfile } from "./profile.ts";

/** The index that a lens keeps beside the exact one, where it keeps one. */
export const keptKind = (
  lens: Pick<Lens, "graphWanted" | "partitionsWanted">,
  where: { readonly profile: IndexProfile; readonly anchors: number; readonly hasLibrary: boolean },
): IndexKind => {
  const { profile, anchors, hasLibrary } = where;
  const isLarge = anchors > profile.exactLimit;
  if (lens.partitionsWanted() || (isLarge && profile.partitions === true)) return "partitions";
  const wantsGraph = lens.graphWanted() !== undefined || (isLarge && hasGraphSettings(profile));
  return wantsGraph && hasLibrary ? "hnsw" : "exact";
};
