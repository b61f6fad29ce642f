import type { SearchWay } from "../api/indexes.ts";
import { entryOf } from "../errors.ts";
import type { FlatIndex } from "./codes/flat-index.ts";
import { countOnes } from "./unit-rows.ts";
import { traced } from "../tracing.ts";
import type { Modality, Sequence, TransformKind } from "../types.ts";
import type { Aligner } from "./aligner.ts";
import type { Lens } from "./lens-types.ts";
import type { AnchorMemory } from "./anchor-memory.ts";
import { currentCosts } from "./costs.ts";
import { chooseIndex, effortOf, type Circumstances } from "./planner.ts";
import type { PartitionCurve } from "./partitions/partition-curve.ts";
import type { PartitionIndex } from "./partitions/partition-index.ts";
import type { PartitionRecall } from "./partitions/partition-recall.ts";
import type { GraphRecall } from "./graph-recall.ts";
import type { HnswIndex } from "./hnsw.ts";
import { liftRows } from "./lift.ts";
import { deviationsOf, kindFor } from "./transform.ts";
import type { IndexProfile } from "./profile.ts";
import type { RecallCurve } from "./recall.ts";
import type { AnchorEntry, AnchorView, Changes, Neighbours, Slot } from "./types.ts";

const gather = (index: FlatIndex, slots: ArrayLike<Slot>): Float32Array<ArrayBuffer> => {
  const rows = new Float32Array(slots.length * index.dimension);
  for (let i = 0; i < slots.length; i++) rows.set(index.row(slots[i] ?? -1), i * index.dimension);
  return rows;
};

const hasZeroRow = (rows: Float32Array, dimension: number): boolean => {
  for (let at = 0; at < rows.length; at += dimension)
    if (rows.subarray(at, at + dimension).every((value) => value === 0)) return true;
  return false;
};

/** The inputs of the plan of a search. */
export interface Indexing {
  readonly profile: IndexProfile;
  readonly hnswInstalled: boolean;
  readonly recall: GraphRecall;
  readonly partitionRecall: PartitionRecall;
  /** The saved recall curve of the graph over these vectors. */
  readonly savedCurve: (modality: Modality, kind: TransformKind) => RecallCurve | undefined;
}

/** The memory at one sequence: its slots and live bits, unaffected by later writes. */
export const createView = (
  memory: AnchorMemory,
  { sequence, changes }: { readonly sequence: Sequence; readonly changes: Changes },
  indexing: Indexing,
  lensOf: (modality: Modality, kind: TransformKind) => Lens,
  aligner: Aligner,
): AnchorView => {
  const { profile, hnswInstalled } = indexing;
  memory.share();
  const slotCount = memory.entries.length;
  const live = memory.live().subarray(0, slotCount);
  const size = memory.size();
  let inOrder: Int32Array | undefined;

  const isLive = (slot: Slot): boolean => slot < slotCount && live[slot] === 1;

  const entry = (slot: Slot): AnchorEntry => {
    const found = memory.entries[slot];
    if (found === undefined || slot >= slotCount) throw new RangeError(`there is no slot ${slot}`);
    return found;
  };

  /** Live slots, not sorted by id, which takes a second for a million. */
  const slotsInTheirOrder = (): Int32Array => {
    const slots = new Int32Array(size);
    let filled = 0;
    for (let slot = 0; slot < slotCount; slot++) if (live[slot] === 1) slots[filled++] = slot;
    return slots;
  };

  const liveSlots = (): Int32Array => (inOrder ??= slotsInTheirOrder().sort(memory.compare));

  /** A graph also holds anchors that are dead in this view or newer than it; the live bits exclude them. */
  const graphFilter = (inGraph: number): { allow?: Uint8Array } => (inGraph === size ? {} : { allow: live });

  /** Below the limit a graph is used only for a request with an ef, unless a built one was adopted. */
  const graphState = (hnsw: HnswIndex | undefined, wanted: boolean): Circumstances["hnsw"] => {
    if (!wanted && (size <= profile.exactLimit || profile.hnsw === undefined)) return "unwanted";
    if (!hnswInstalled) return "missing";
    if (hnsw === undefined) return "unwanted";
    return hnsw.isReady() ? "ready" : "building";
  };

  /** Partitions also hold anchors that are dead in this view or newer than it. */
  const seen = { slotCount, allow: size === slotCount ? undefined : live };

  const partitionState = (
    index: PartitionIndex | undefined,
    wanted: boolean,
  ): Circumstances["partitions"] => {
    if (index === undefined || (!wanted && size <= profile.exactLimit)) return "unwanted";
    return index.isReady() ? "ready" : "building";
  };

  const partitionCurveOf = (index: PartitionIndex, exact: FlatIndex): PartitionCurve | undefined =>
    indexing.partitionRecall.of(index, changes.total, () => ({
      dimension: exact.dimension,
      lists: index.contents().lists,
      row: exact.row,
      slots: slotsInTheirOrder(),
      exact: (queries, k) => exact.search(queries, { k, allow: live }),
      approximate: (query, k, effort) => index.search(query, { k, effort, ...seen }),
    }));

  const curveOf = (
    modality: Modality,
    kind: TransformKind,
    hnsw: HnswIndex,
    exact: FlatIndex,
  ): RecallCurve | undefined =>
    indexing.recall.of(hnsw, size, indexing.savedCurve(modality, kind), () => ({
      dimension: exact.dimension,
      row: exact.row,
      slots: liveSlots(),
      exact: (query, k) => exact.search(query, { k, allow: live }),
      approximate: (query, k, ef) => hnsw.search(query, { k, ef, ...graphFilter(hnsw.size()) }),
    }));

  const view: AnchorView = {
    sequence,
    size,
    slotCount,
    dimension: (modality) => memory[modality].dimension,
    slotOf: (id) => {
      // An id that was written again has newer slots than this view.
      let slot = memory.newest(id);
      while (slot !== undefined && !isLive(slot)) slot = memory.previous(slot);
      return slot;
    },
    isLive,
    entry,
    liveSlots,
    bitmap: (keep) => {
      const bitmap = new Uint8Array(slotCount);
      for (let slot = 0; slot < slotCount; slot++)
        if (live[slot] === 1 && keep(entry(slot))) bitmap[slot] = 1;
      return bitmap;
    },
    fitVersion: (modality, transform) => lensOf(modality, kindFor(modality, transform, size)).version(),
    compare: memory.compare,
    vectors: (modality, slots) => gather(memory[modality], slots),
    search: async (modality, queries, options) => {
      const kind = kindFor(modality, options.transform, size);
      const focused = await lensOf(modality, kind).focus(view, changes, options.ef !== undefined);
      const { hnsw, exact, partitions } = focused;
      const wantsGraph = focused.graphWanted || (options.ef !== undefined && profile.hnsw !== undefined);
      const graph = graphState(hnsw, wantsGraph);
      const partitioned = partitionState(partitions, focused.partitionsWanted);
      const allowed = options.allow === undefined ? size : countOnes(options.allow);
      const { effort, ...choice } = chooseIndex(options, {
        rows: slotCount,
        anchors: size,
        allowed,
        dimension: exact.dimension,
        batch: queries.length / memory[modality].dimension,
        hnsw: graph,
        curve: hnsw !== undefined && graph === "ready" ? curveOf(modality, kind, hnsw, exact) : undefined,
        partitions: partitioned,
        partitionCurve:
          partitions !== undefined && partitioned === "ready"
            ? partitionCurveOf(partitions, exact)
            : undefined,
        profile,
        costs: currentCosts(),
      });
      const transformed = await focused.show(queries);
      const { k } = options;
      const searches: Readonly<Record<SearchWay, () => Promise<Neighbours>>> = {
        exact: () => exact.search(transformed, { k, allow: options.allow ?? live, allowed }),
        flat: () => exact.search(transformed, { k, allow: options.allow ?? live, allowed, proof: false }),
        hnsw: () => {
          if (hnsw === undefined) throw new Error("the planner chose a graph that is not there");
          const ef = choice.ef ?? hnsw.profile.hnsw.ef;
          return hnsw.search(transformed, { k, ef, ...graphFilter(hnsw.size()) });
        },
        partitions: async () => {
          if (partitions === undefined || effort === undefined)
            throw new Error("the planner chose partitions that are not there");
          // All score 0 with a zero query, and ids alone decide.
          if (hasZeroRow(transformed, exact.dimension)) return exact.search(transformed, { k, allow: live });
          const { estimateMs: ms } = choice;
          return (await partitions.search(transformed, { k, effort, ms, ...seen })).neighbours;
        },
      };
      return {
        transformed,
        neighbours: await traced(
          {
            name: `search ${choice.index}`,
            attributes: { "anchorage.modality": modality, "anchorage.k": k, "anchorage.anchors": size },
          },
          entryOf(searches, choice.index, "index"),
        ),
        plan: {
          ...choice,
          ...(effort === undefined ? {} : { effort: effortOf(effort) }),
          k,
          anchors: size,
          allowed,
          transform: focused.transform,
          transformVersion: focused.version,
          transformSequence: focused.sequence,
        },
      };
    },
    look: async (modality, transform) => {
      const kind = kindFor(modality, transform, size);
      const {
        transform: used,
        exact,
        show,
        fit,
        version,
        sequence,
      } = await lensOf(modality, kind).focus(view, changes, false);
      return {
        transform: used,
        transformVersion: version,
        transformSequence: sequence,
        identity: exact,
        show,
        lift: (rows) => liftRows(fit, rows, memory[modality].dimension),
        deviations: () => deviationsOf(fit),
        dimension: exact.dimension,
        rows: (slots) => gather(exact, slots),
        search: (transformed, { k, allow }) =>
          exact.search(transformed, allow === undefined ? { k, allow: live, allowed: size } : { k, allow }),
      };
    },
    align: (kind, allow) =>
      allow === undefined ? aligner.align(kind, view, changes) : aligner.alignOn(kind, view, allow),
  };
  return view;
};
