import type { AdoptedIndexes, IndexStatus } from "../api/indexes.ts";
import type { Modality, Sequence, Transform, TransformKind } from "../types.ts";
import type { BuiltIndex } from "./adoption.ts";
import type { SpaceLists } from "./partitions/space-lists.ts";
import type { AnchorView, Changes, SpaceChange, UnitAnchors } from "./types.ts";

/** One collection in memory: both modalities over the same slots, with their indexes and fitted transforms. */
export interface AnchorSpace {
  /** Applies one committed write; the next `view()` has it. Called in order of sequence. */
  readonly apply: (change: SpaceChange) => void;
  /**
   * Appends anchors whose vectors are of norm 1 already, as `AnchorView.vectors` gave them, bit for bit; they are
   * copied. The sequence stays; `apply` moves it when all are in.
   */
  readonly restore: (anchors: UnitAnchors) => void;
  readonly view: () => AnchorView;
  /**
   * Hands over lists that were saved of the first slots, by slot, to be used where partitions are wanted under the same
   * version of the fit.
   *
   * @param sequence at which they were saved
   */
  readonly offerLists: (lists: readonly SpaceLists[], sequence: Sequence) => void;
  /** The lists of all partitions that are ready, by the number of each live slot of the present view in order. */
  readonly lists: (view: AnchorView) => SpaceLists[];
  /** Version of the fit under which the vectors of a modality are seen now; 0 where nothing is fitted. */
  readonly fitVersion: (modality: Modality, kind: TransformKind) => number;
  /** Differs where `lists` would return other lists, but for what was written meanwhile; empty where there are none. */
  readonly listsMark: () => string;
  /** The sequence of the next view, without making one: a write need not copy what only queries read. */
  readonly sequence: () => Sequence;
  readonly changes: () => Changes;
  /** About how many bytes of memory `count` more anchors take, in the vectors, their transformed copies and graphs. */
  readonly bytesFor: (count: number) => number;
  /** Lets go of fits that neither this transform nor a named one can ask for. */
  readonly keepFits: (transform: Transform) => void;
  readonly status: (modality: Modality, transform?: Transform) => IndexStatus;
  /**
   * Takes over indexes and fits that `build-index` made: what was deleted or replaced since is hidden, what came since is
   * inserted in the background. From then on there is a graph at any size.
   *
   * @throws AnchorageError `conflict` where too much has changed since, or memory was compacted meanwhile
   */
  readonly adopt: (built: BuiltIndex) => Promise<AdoptedIndexes>;
  /**
   * Fits anew what was fitted before the present sequence, in memory and in the store. When it resolves, no fit has a
   * trace of an anchor that was deleted before the call.
   *
   * @throws AnchorageError `unavailable` where a fit could not be stored, so that an older one may stay there
   */
  readonly refit: () => Promise<void>;
  /**
   * Copies the live anchors into new memory, in slices between which queries and writes go on, and lets go of the old.
   * Resolves when memory holds no slot that was dead at the call; views that were taken before keep what they see.
   */
  readonly compact: () => Promise<void>;
  readonly close: () => void;
}
