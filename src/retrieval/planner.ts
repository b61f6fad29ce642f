import type { SearchPlan } from "../api/indexes.ts";
import { codesMs, graphMs, type Costs } from "./costs.ts";
import type { IndexProfile } from "./profile.ts";
import { pointFor, type RecallCurve } from "./recall.ts";
import type { SpaceSearch } from "./types.ts";

/** The target recall of a search without an ef. */
export const RECALL_TARGET = 0.99;

/** The inputs of the choice of an index. */
export interface Circumstances {
  /** Number of slots, of live anchors, and of anchors that may be found. */
  readonly rows: number;
  readonly anchors: number;
  readonly allowed: number;
  readonly dimension: number;
  /** Number of queries in the batch. */
  readonly batch: number;
  readonly hnsw: "missing" | "unwanted" | "building" | "ready";
  /** The measured recall of the graph. */
  readonly curve: RecallCurve | undefined;
  readonly profile: IndexProfile;
  readonly costs: Costs;
}

export type IndexChoice = Pick<SearchPlan, "index" | "reason" | "ef" | "estimateMs" | "otherMs">;

/** Up to so many anchors every answer without a graph is proven, for a proof takes little there. */
const PROVEN_UP_TO = 30_000;
/** A proof is left out where it would take more of the time than this share, */
const PROOF_SHARE = 0.2;
/** and more milliseconds than this. */
const PROOF_MS = 0.3;

/**
 * Chooses how to answer a search: the fastest by estimate among the ways that reach the recall target. With a filter always
 * exactly, so that a filter never reduces recall.
 */
export const chooseIndex = (
  search: Pick<SpaceSearch, "k" | "exact" | "ef">,
  where: Circumstances,
): IndexChoice => {
  const { anchors, rows, allowed, dimension, batch, hnsw, curve, profile, costs } = where;
  const work = { rows, allowed, dimension, batch, k: search.k };
  const byExact = rounded(codesMs(costs, { ...work, proof: true }));
  const byFlat = rounded(codesMs(costs, { ...work, proof: false }));
  const exact = (reason: string): IndexChoice => ({ index: "exact", reason, estimateMs: byExact });
  if (search.exact === true) return exact("exact was asked for");
  if (allowed < anchors) return exact("a filter is given, and an exact search never misses for it");
  const proofTakes = byExact - byFlat;
  const isProven = anchors <= PROVEN_UP_TO || proofTakes < Math.max(PROOF_MS, PROOF_SHARE * byExact);
  const byCodes = isProven ? byExact : byFlat;
  const codes = (reason: string): IndexChoice =>
    isProven
      ? exact(reason)
      : {
          index: "flat",
          reason: `${reason}, and the proof of an exact search takes more time than it is worth`,
          estimateMs: byFlat,
          otherMs: byExact,
        };
  if (hnsw === "unwanted") return codes(`${anchors} anchors are at most ${profile.exactLimit}`);
  if (hnsw !== "ready") return codes(NOT_READY[hnsw]);
  if (search.ef !== undefined) {
    const ef = Math.max(search.ef, search.k);
    const byGraph = rounded(graphMs(costs, { anchors, dimension, batch, ef }));
    return { index: "hnsw", reason: "ef was given", ef, estimateMs: byGraph, otherMs: byCodes };
  }
  if (curve === undefined) return codes("the recall of the HNSW graph is not measured yet");
  const point = pointFor(curve, search.k, RECALL_TARGET);
  if (point === undefined) {
    return codes(`no ef is known with which the HNSW graph holds recall ${RECALL_TARGET} at k = ${search.k}`);
  }
  const byGraph = rounded(batch * point.ms);
  if (byCodes <= byGraph) return { ...codes("a scan of all codes takes less time"), otherMs: byGraph };
  return {
    index: "hnsw",
    reason: `a scan of all codes takes more time, and recall at k = ${point.k} was measured as ${point.recall.toFixed(4)}`,
    ef: Math.max(point.ef, search.k),
    estimateMs: byGraph,
    otherMs: byCodes,
  };
};

const NOT_READY = {
  missing: "the HNSW library is not installed",
  building: "the HNSW graph is being built",
} as const;

const rounded = (ms: number): number => Number(ms.toPrecision(3));
