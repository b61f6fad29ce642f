import type { IndexProfile } from "./profile.ts";
import type { SpaceSearch } from "./types.ts";

/** What the choice of an index depends on. */
export interface Circumstances {
  /** Live anchors, and how many of them may be found. */
  readonly anchors: number;
  readonly allowed: number;
  readonly hnsw: "missing" | "building" | "ready";
  readonly profile: IndexProfile;
}

export interface Choice {
  readonly index: "exact" | "hnsw";
  readonly reason: string;
}

/**
 * Which index answers a search. Exact wherever it is measured to be cheaper, which for ASIF's large k is far beyond a
 * hundred thousand anchors, and wherever a filter is given, so that a filter never costs recall.
 */
export const choose = (search: Pick<SpaceSearch, "k" | "exact" | "ef">, where: Circumstances): Choice => {
  const { anchors, allowed, hnsw, profile } = where;
  if (search.exact === true) return exact("exact was asked for");
  if (allowed < anchors) return exact("a filter is given, and an exact search never misses for it");
  if (search.ef !== undefined) return forced(hnsw);
  if (anchors <= profile.exactLimit) return exact(`${anchors} anchors are at most ${profile.exactLimit}`);
  if (search.k > profile.hnsw.maxK) return exact(`k = ${search.k} is above ${profile.hnsw.maxK}`);
  if (hnsw !== "ready") return exact(NOT_READY[hnsw]);
  return {
    index: "hnsw",
    reason: `${anchors} anchors are above ${profile.exactLimit} and k = ${search.k} is small`,
  };
};

const forced = (hnsw: Circumstances["hnsw"]): Choice =>
  hnsw === "ready" ? { index: "hnsw", reason: "ef was given" } : exact(NOT_READY[hnsw]);

const NOT_READY = {
  missing: "the HNSW library is not installed",
  building: "the HNSW graph is being built",
} as const;

const exact = (reason: string): Choice => ({ index: "exact", reason });
