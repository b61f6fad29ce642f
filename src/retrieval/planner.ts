import type { SearchPlan } from "../api/indexes.ts";
import { codesMs, graphMs, partitionsMs, type Costs } from "./costs.ts";
import { EFFORTS, effortFor } from "./partitions/efforts.ts";
import { partitionEffortAt, partitionPointFor, type PartitionCurve } from "./partitions/partition-curve.ts";
import type { IndexProfile } from "./profile.ts";
import { pointFor, type RecallCurve } from "./recall.ts";
import type { SpaceSearch } from "./types.ts";

/** The target recall of a search without an ef. */
export const RECALL_TARGET = 0.99;
/** Where partitions would read a greater share of the rows, a scan of all is as fast. */
const MOST_READ = 0.4;

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
  readonly partitions: "unwanted" | "building" | "ready";
  readonly partitionCurve: PartitionCurve | undefined;
  readonly profile: IndexProfile;
  readonly costs: Costs;
}

export interface IndexChoice extends Pick<SearchPlan, "index" | "reason" | "ef" | "estimateMs" | "otherMs"> {
  /** Where partitions are chosen: a number in `EFFORTS`. */
  readonly effort?: number;
}

/** An index that holds the recall, or why there is none. */
type Option = IndexChoice | string;

type Asked = Pick<SpaceSearch, "k" | "exact" | "ef">;

/** Up to so many anchors every answer without another index is proven, for a proof takes little there. */
const PROVEN_UP_TO = 30_000;
/** A proof is left out where it would take more of the time than this share, */
const PROOF_SHARE = 0.2;
/** and more milliseconds than this. */
const PROOF_MS = 0.3;

/**
 * Chooses how to answer a search: the fastest by estimate among the ways that reach the recall target. With a filter always
 * exactly, so that a filter never reduces recall.
 */
export const chooseIndex = (search: Asked, where: Circumstances): IndexChoice => {
  const { anchors, allowed, profile } = where;
  const { exact, codes } = codesChoices(search.k, where);
  if (search.exact === true) return exact("exact was asked for");
  if (allowed < anchors) return exact("a filter is given, and an exact search never misses for it");
  if (where.hnsw === "unwanted" && where.partitions === "unwanted")
    return codes(
      anchors <= profile.exactLimit
        ? `${anchors} anchors are at most ${profile.exactLimit}`
        : `the index profile ${profile.name} asks for no other index`,
    );
  if (search.ef !== undefined) return chooseForEf(search.ef, search.k, where, codes);
  const options = [partitionOption(search.k, where), graphOption(search.k, where)];
  const [best] = options
    .filter((option) => typeof option !== "string" && option !== undefined)
    .sort((a, b) => a.estimateMs - b.estimateMs);
  if (best === undefined) return codes(options.find((option) => typeof option === "string") ?? "");
  const scan = codes("a scan of all codes takes less time");
  return scan.estimateMs <= best.estimateMs
    ? { ...scan, otherMs: best.estimateMs }
    : { ...best, otherMs: scan.estimateMs };
};

type Choose = (reason: string) => IndexChoice;

/** The choice of a proven scan of all codes, and of a scan whose proof is left out where it takes too long. */
const codesChoices = (
  k: number,
  { anchors, rows, allowed, dimension, batch, costs }: Circumstances,
): { readonly exact: Choose; readonly codes: Choose } => {
  const work = { rows, allowed, dimension, batch, k };
  const byExact = rounded(codesMs(costs, { ...work, proof: true }));
  const byFlat = rounded(codesMs(costs, { ...work, proof: false }));
  const exact: Choose = (reason) => ({ index: "exact", reason, estimateMs: byExact });
  const proofTakes = byExact - byFlat;
  if (anchors <= PROVEN_UP_TO || proofTakes < Math.max(PROOF_MS, PROOF_SHARE * byExact))
    return { exact, codes: exact };
  const codes: Choose = (reason) => ({
    index: "flat",
    reason: `${reason}, and the proof of an exact search takes more time than it is worth`,
    estimateMs: byFlat,
    otherMs: byExact,
  });
  return { exact, codes };
};

/** A search that names an ef takes the graph if there is one, and else as many lists as stand for it. */
const chooseForEf = (given: number, k: number, where: Circumstances, codes: Choose): IndexChoice => {
  const { anchors, dimension, batch, hnsw, partitions, partitionCurve, costs } = where;
  const { estimateMs: otherMs } = codes("");
  if (hnsw === "ready") {
    const ef = Math.max(given, k);
    const estimateMs = rounded(graphMs(costs, { anchors, dimension, batch, ef }));
    return { index: "hnsw", reason: "ef was given", ef, estimateMs, otherMs };
  }
  if (partitions !== "ready")
    return codes(partitions === "building" ? BUILDING : hnsw === "unwanted" ? BUILDING : NOT_READY[hnsw]);
  const effort = effortFor(given);
  const point = partitionCurve === undefined ? undefined : partitionEffortAt(partitionCurve, k, effort);
  // An effort that was not measured reads most rows.
  const estimateMs = point === undefined ? otherMs : rounded(partitionsMs(point.ms, batch));
  return { index: "partitions", reason: "ef was given", effort, estimateMs, otherMs };
};

const partitionOption = (k: number, where: Circumstances): Option | undefined => {
  const { anchors, batch, partitions, partitionCurve } = where;
  if (partitions === "unwanted") return undefined;
  if (partitions === "building") return BUILDING;
  if (partitionCurve === undefined) return "the recall of the partitions is not measured yet";
  const point = partitionPointFor(partitionCurve, k, RECALL_TARGET);
  if (point === undefined)
    return `no effort is known with which the partitions hold recall ${RECALL_TARGET} at k = ${k}`;
  if (point.rows > MOST_READ * anchors)
    return `the partitions would read ${Math.round((100 * point.rows) / anchors)} % of the rows`;
  const reason = moreTime(point);
  return {
    index: "partitions",
    reason,
    effort: point.effort,
    estimateMs: rounded(partitionsMs(point.ms, batch)),
  };
};

const graphOption = (k: number, { batch, hnsw, curve }: Circumstances): Option | undefined => {
  if (hnsw === "unwanted") return undefined;
  if (hnsw !== "ready") return NOT_READY[hnsw];
  if (curve === undefined) return "the recall of the HNSW graph is not measured yet";
  const point = pointFor(curve, k, RECALL_TARGET);
  if (point === undefined)
    return `no ef is known with which the HNSW graph holds recall ${RECALL_TARGET} at k = ${k}`;
  const reason = moreTime(point);
  return { index: "hnsw", reason, ef: Math.max(point.ef, k), estimateMs: rounded(batch * point.ms) };
};

const moreTime = ({ k, recall }: { readonly k: number; readonly recall: number }): string =>
  `a scan of all codes takes more time, and recall at k = ${k} was measured as ${recall.toFixed(4)}`;

/** How far a search goes, as plans tell it. */
export const effortOf = (number: number): NonNullable<SearchPlan["effort"]> => {
  const effort = EFFORTS[number];
  if (effort === undefined) throw new RangeError(`there is no effort ${number}`);
  const { lists, reach } = effort;
  return { lists: Number.isFinite(lists) ? lists : null, reach };
};

const BUILDING = "the partitions are being built";
const NOT_READY = {
  missing: "the HNSW library is not installed",
  building: "the HNSW graph is being built",
} as const;

const rounded = (ms: number): number => Number(ms.toPrecision(3));
