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
import { chooseIndex, type Circumstances } from "./planner.ts";
import type { GraphRecall } from "./graph-recall.ts";
import type { HnswIndex } from "./hnsw.ts";
import { kindFor } from "./transform.ts";
import type { IndexProfile } from "./profile.ts";
import type { RecallCurve } from "./recall.ts";
import type { AnchorEntry, AnchorView, Changes, Neighbours, Slot } from "./types.ts";

const gather = (index: FlatIndex, slots: ArrayLike<Slot>): Float32Array<ArrayBuffer> => {
  const rows = new Float32Array(slots.length * index.dimension);
  for (let i = 0; i < slots.length; i++) rows.set(index.row(slots[i] ?? -1), i * index.dimension);
  return rows;
};

/** The inputs of the plan of a search. */
export interface Indexing {
  readonly profile: IndexProfile;
  readonly hnswInstalled: boolean;
  readonly recall: GraphRecall;
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

  const liveSlots = (): Int32Array => {
    if (inOrder === undefined) {
      inOrder = new Int32Array(size);
      let filled = 0;
      for (let slot = 0; slot < slotCount; slot++) if (live[slot] === 1) inOrder[filled++] = slot;
      inOrder.sort(memory.compare);
    }
    return inOrder;
  };

  /** A graph also holds anchors that are dead in this view or newer than it; the live bits exclude them. */
  const graphFilter = (inGraph: number): { allow?: Uint8Array } => (inGraph === size ? {} : { allow: live });

  /** Below the limit a graph is used only for a request with an ef, unless a built one was adopted. */
  const graphState = (hnsw: HnswIndex | undefined, wanted: boolean): Circumstances["hnsw"] => {
    if (!hnswInstalled) return "missing";
    if (hnsw === undefined || (!wanted && size <= profile.exactLimit)) return "unwanted";
    return hnsw.isReady() ? "ready" : "building";
  };

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
      const { hnsw, exact } = focused;
      const graph = graphState(hnsw, options.ef !== undefined || focused.graphWanted);
      const allowed = options.allow === undefined ? size : countOnes(options.allow);
      const choice = chooseIndex(options, {
        rows: slotCount,
        anchors: size,
        allowed,
        dimension: exact.dimension,
        batch: queries.length / memory[modality].dimension,
        hnsw: graph,
        curve: hnsw !== undefined && graph === "ready" ? curveOf(modality, kind, hnsw, exact) : undefined,
        profile,
        costs: currentCosts(),
      });
      const transformed = await focused.show(queries);
      const { k } = options;
      const searches: Readonly<Record<SearchWay, () => Promise<Neighbours>>> = {
        exact: () => exact.search(transformed, { k, allow: options.allow ?? live }),
        flat: () => exact.search(transformed, { k, allow: options.allow ?? live, proof: false }),
        hnsw: () => {
          if (hnsw === undefined) throw new Error("the planner chose a graph that is not there");
          const ef = choice.ef ?? profile.hnsw.ef;
          return hnsw.search(transformed, { k, ef, ...graphFilter(hnsw.size()) });
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
        deviations,
        version,
        sequence,
      } = await lensOf(modality, kind).focus(view, changes, false);
      return {
        transform: used,
        transformVersion: version,
        transformSequence: sequence,
        identity: exact,
        show,
        deviations,
        dimension: exact.dimension,
        rows: (slots) => gather(exact, slots),
        search: (transformed, { k, allow }) => exact.search(transformed, { k, allow: allow ?? live }),
      };
    },
    align: (kind, allow) =>
      allow === undefined ? aligner.align(kind, view, changes) : aligner.alignOn(kind, view, allow),
  };
  return view;
};
