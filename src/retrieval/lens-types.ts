import type { GraphStatus, PartitionStatus } from "../api/indexes.ts";
import type { FittedTransform } from "../api/transforms.ts";
import type { TransformRecord } from "../store/index.ts";
import type { Log, Modality, Sequence, TransformKind } from "../types.ts";
import type { FlatIndex } from "./codes/flat-index.ts";
import type { Kept } from "./fit-keeper.ts";
import type { HnswIndex, LoadedGraph } from "./hnsw.ts";
import type { GraphLibrary } from "./neighbour-graph.ts";
import type { OfferedLists } from "./partitions/kept-partitions.ts";
import type { KeptLists } from "./partitions/lists-file.ts";
import type { PartitionIndex, SavedLists } from "./partitions/partition-index.ts";
import type { GraphProfile, IndexProfile } from "./profile.ts";
import { isTransformKind, type Fit } from "./transform.ts";
import type { AnchorView, Changes, Slot } from "./types.ts";

/** What a lens needs of the memory that it looks at. */
export interface LensSource {
  readonly modality: Modality;
  /** The unit vectors of every slot, live or not. */
  readonly raw: FlatIndex;
  readonly compare: (a: Slot, b: Slot) => number;
  readonly profile: IndexProfile;
  readonly graphLibrary: GraphLibrary | undefined;
  readonly save: (record: TransformRecord) => Promise<void>;
  /** One more than any fit of this modality and kind has had, also of one that is still being made. */
  readonly nextVersion: () => number;
  readonly log: Log;
  /** Whether a slot's anchor is live by now. */
  readonly isLive: (slot: Slot) => boolean;
  /** How to keep a graph for any number of anchors, as after a built one was adopted. */
  readonly graphWanted: GraphProfile | undefined;
  /** Whether to keep partitions for any number of anchors, as after built ones were adopted. */
  readonly partitionsWanted: boolean;
  /** Takes the lists that were saved of vectors under this version of the fit, if there are some. */
  readonly takeLists: (version: number) => OfferedLists | undefined;
}

/** One modality's transformed vectors, with the indexes over them. */
export interface Lens {
  readonly kind: TransformKind;
  /** Everything that a search of `view` needs, fitted and up to date. */
  readonly focus: (view: AnchorView, changes: Changes, wantHnsw: boolean) => Promise<Focused>;
  /** Brings the slots below `slotCount` into the index of the present fit, ahead of a query that needs them. */
  readonly warm: (slotCount: number) => Promise<void>;
  /**
   * Fits anew where the fit is older than `view`, and stores it; nothing where nothing was fitted yet.
   *
   * @throws AnchorageError `unavailable` where it could not be stored
   */
  readonly renew: (view: AnchorView, changes: Changes) => Promise<void>;
  /**
   * Takes over a fit and the graph over the vectors that it transforms. The fit is stored if it is not the current one.
   * From now on the lens keeps a graph at any size, and builds another where the fit changes.
   *
   * @param changes the space's counts when the fit was made
   */
  readonly adopt: (built: BuiltLens, view: AnchorView, changes: Changes) => Promise<HnswIndex>;
  /** The same for partitions. */
  readonly adoptLists: (built: BuiltLists, view: AnchorView, changes: Changes) => Promise<PartitionIndex>;
  readonly graphWanted: () => GraphProfile | undefined;
  readonly partitionsWanted: () => boolean;
  /** About how many bytes an anchor takes here, beside its vector as it was given. */
  readonly bytesAnAnchor: () => number;
  readonly graphStatus: () => GraphStatus | null;
  readonly partitionStatus: () => PartitionStatus | null;
  /** The lists of a view's live slots in their order, with the index that they are of; undefined while there are none. */
  readonly lists: (
    view: AnchorView,
  ) => { readonly index: PartitionIndex; readonly lists: SavedLists } | undefined;
  /** The present partitions, if they are ready. */
  readonly partitions: () => PartitionIndex | undefined;
  /** Drops a graph that holds vectors of deleted anchors; the next query rebuilds it. */
  readonly dropHidden: () => void;
  /** The fit, to be carried over when memory is compacted. */
  readonly fitted: () => Fitted | undefined;
  readonly version: () => number;
  /** The transform as answers tell it, by the present fit. */
  readonly transform: () => FittedTransform;
  readonly close: () => void;
}

export interface Focused {
  readonly transform: FittedTransform;
  readonly exact: FlatIndex;
  readonly hnsw: HnswIndex | undefined;
  readonly graphWanted: boolean;
  readonly partitions: PartitionIndex | undefined;
  readonly partitionsWanted: boolean;
  readonly version: number;
  /** Of the anchors that were fitted on; the view's where nothing is fitted. */
  readonly sequence: Sequence;
  /** Transforms raw vectors, `[b, d]`. */
  readonly show: (queries: Float32Array) => Promise<Float32Array>;
  /** Null where vectors are shown as they are. */
  readonly fit: Fit | null;
}

export interface Fitted extends Kept {
  readonly fit: Fit | null;
}

/** A fit that `build-index` made. */
export type BuiltFit = Pick<Fitted, "fit" | "sequence" | "anchors">;

/** A fit with the graph over its transformed vectors, as `build-index` makes them. */
export interface BuiltLens extends BuiltFit {
  readonly profile: GraphProfile;
  readonly graph: LoadedGraph;
}

/** The same with lists, whose rows are numbered by slot. */
export interface BuiltLists extends BuiltFit {
  readonly lists: KeptLists;
}

export type LensKey = `${Modality}/${TransformKind}`;

export const partsOfLensKey = (key: LensKey): [Modality, TransformKind] =>
  key.split("/") as [Modality, TransformKind];

/** What records from the store say; those of fits of both modalities together are not for lenses. */
export const fittedFrom = (records: readonly TransformRecord[]): Map<LensKey, Fitted> => {
  const found = new Map<LensKey, Fitted>();
  for (const { kind, modality, mean, projection, version, sequence, anchorCount: anchors } of records) {
    if (!isTransformKind(kind)) continue;
    const fit = kind === "none" || mean.length === 0 ? null : { kind, mean, projection };
    found.set(`${modality}/${kind}`, { fit, version, sequence, anchors, changes: undefined, stored: true });
  }
  return found;
};
