import type { PartitionStatus } from "../../api/indexes.ts";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { requireMemory } from "../../memory-budget.ts";
import type { Log, Modality, Sequence } from "../../types.ts";
import type { FlatIndex } from "../codes/flat-index.ts";
import { codeBytesOf } from "../codes/layout.ts";
import type { AnchorView, Slot } from "../types.ts";
import type { KeptLists } from "./lists-file.ts";
import { clusteringBytes } from "./clustering-state.ts";
import { createPartitionIndex, type PartitionIndex, type SavedLists } from "./partition-index.ts";

/** Lists are blocks of 64 rows, of which the last is half empty on average. */
const FILLED = 0.8;

/** About how many bytes a row takes in partitions. */
export const partitionBytes = (dimension: number): number => Math.ceil(codeBytesOf(dimension) / FILLED);

/** Lists that were made before, and where. */
export interface OfferedLists extends KeptLists {
  readonly source: Exclude<PartitionStatus["source"], "built">;
  readonly sequence: Sequence;
}

/** The partitions over one lens's rows, built when they are first wanted. */
export interface KeptPartitions {
  readonly index: () => PartitionIndex | undefined;
  /** The same, if all rows are in lists. */
  readonly ready: () => PartitionIndex | undefined;
  /**
   * Hands the slots of a view to the partitions, which are created where there are none. Where memory has no room for
   * them, a line of the log says so, once.
   */
  readonly feed: (view: AnchorView) => void;
  /** The lists of the live slots of a view, in their order; undefined while they are not ready. */
  readonly savedFor: (view: AnchorView) => SavedLists | undefined;
  /** Replaces the partitions by lists that were made before; rows that they lack are added. */
  readonly offer: (offered: OfferedLists, view: AnchorView) => PartitionIndex;
  readonly status: () => PartitionStatus | null;
  readonly close: () => void;
}

export interface PartitionedRows {
  readonly modality: Modality;
  readonly exact: FlatIndex;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly isLive: (slot: Slot) => boolean;
  readonly log: Log;
  /** Lists that were saved at a stop, if there are some of these rows. */
  readonly saved: OfferedLists | undefined;
}

const originOf = (
  offered: OfferedLists | undefined,
): Pick<PartitionStatus, "source" | "sequence"> | undefined =>
  offered === undefined ? undefined : { source: offered.source, sequence: offered.sequence };

export const createKeptPartitions = (rows: PartitionedRows): KeptPartitions => {
  const { modality, log } = rows;
  const { dimension, row, score, rows: handle } = rows.exact;
  const what = `The partitions of ${modality} vectors`;
  let index: PartitionIndex | undefined;
  let origin: Pick<PartitionStatus, "source" | "sequence"> | undefined;
  let upTo: Slot = 0;
  let warned = false;

  const create = (offered: OfferedLists | undefined): PartitionIndex => {
    const { compare, isLive } = rows;
    return createPartitionIndex({
      ...{ dimension, compare, row, rows: { score, handle }, isLive },
      ...{ saved: offered?.lists, curve: offered?.curve },
      onFailure: (error) => log.warn(`${what} could not be built: ${messageOf(error)}`),
    });
  };

  /** Where there is no room for partitions, the exact index answers. */
  const createIfRoom = (view: AnchorView): void => {
    try {
      const bytes = view.size * (partitionBytes(dimension) + codeBytesOf(dimension));
      requireMemory({ bytes: bytes + clusteringBytes(view.size, dimension, 2), what });
    } catch (error) {
      if (!isAnchorageError(error) || error.code !== "insufficient-memory") throw error;
      if (!warned) log.warn(`${error.message} The exact index answers instead.`);
      warned = true;
      return;
    }
    index = create(rows.saved);
    origin = originOf(rows.saved) ?? { source: "built", sequence: view.sequence };
  };

  const addTo = (target: PartitionIndex, slotCount: number): void => {
    if (slotCount <= upTo) return;
    target.add(upTo, slotCount - upTo);
    upTo = slotCount;
  };

  return {
    index: () => index,
    ready: () => (index?.isReady() === true ? index : undefined),
    feed: (view) => {
      if (index === undefined) createIfRoom(view);
      if (index !== undefined) addTo(index, view.slotCount);
    },
    offer: (offered, view) => {
      index?.close();
      upTo = 0;
      origin = originOf(offered);
      index = create(offered);
      addTo(index, view.slotCount);
      return index;
    },
    savedFor: (view) => {
      const saved = index?.isReady() === true ? index.saved(view.slotCount) : undefined;
      if (saved === undefined) return undefined;
      return { ...saved, listOf: saved.listOf.filter((_, slot) => view.isLive(slot)) };
    },
    status: () => {
      if (index === undefined || origin === undefined) return null;
      const { lists, rows: vectors, done } = index.contents();
      const isReady = index.isReady();
      const progress = isReady ? 1 : Math.min(0.99, Math.round(100 * done) / 100);
      const source = index.builds() > 0 ? "built" : origin.source;
      return { ...origin, source, state: isReady ? "ready" : "building", progress, vectors, lists };
    },
    close: () => index?.close(),
  };
};
