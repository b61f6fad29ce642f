import type { IndexKind, SearchPlan } from "../api/indexes.ts";
import type { FittedTransform } from "../api/transforms.ts";
import type { AlignmentKind, AnchorId, Metadata, Modality, Sequence, Transform } from "../types.ts";

/**
 * A row number in a collection's memory. Slots are given out in order and never reused until the memory is
 * compacted, so that a search that is under way never sees a row change.
 */
export type Slot = number;

/** Best first. Rows of `slots` and `scores` are `width` long; only the first `counts[row]` entries of a row hold. */
export interface Neighbours {
  readonly width: number;
  readonly counts: Int32Array;
  readonly slots: Int32Array;
  /** Cosine similarities in the space of the index. */
  readonly scores: Float32Array;
}

export interface IndexSearch {
  readonly k: number;
  /** One byte per slot: 1 if it may be found. Default: every live slot. */
  readonly allow?: Uint8Array;
  /** Number of slots that `allow` lets through, where it is known. */
  readonly allowed?: number;
  /** HNSW's candidate list; ignored by an exact index. */
  readonly ef?: number;
  /** False: an exact index may miss a neighbour in one query of a thousand. Default: the answer is proven. */
  readonly proof?: boolean;
}

/** A derived, disposable structure over unit vectors, addressed by slot. */
export interface VectorIndex {
  readonly kind: IndexKind;
  readonly dimension: number;
  /** Live vectors. */
  readonly size: () => number;
  /** Appends `vectors` (`[m, d]` row-major, rows of norm 1 or 0) at slots `first .. first + m - 1`. */
  readonly add: (first: Slot, vectors: Float32Array) => void;
  /** Hides slots; running searches may still find them. */
  readonly remove: (slots: readonly Slot[]) => void;
  /** The k most similar live slots of each query (`[b, d]` row-major); ties by the order given at creation. */
  readonly search: (queries: Float32Array, options: IndexSearch) => Promise<Neighbours>;
  readonly close: () => void;
}

export interface SpaceSearch {
  readonly k: number;
  /** `auto` is decided by the number of live anchors of the view. */
  readonly transform: Transform;
  readonly allow?: Uint8Array;
  /** True forces the exact index. */
  readonly exact?: boolean;
  readonly ef?: number;
}

/** The result of a search. */
export interface SpaceFound {
  readonly neighbours: Neighbours;
  readonly plan: SearchPlan;
  /** The transformed queries, `[b, fitted dimension]`. */
  readonly transformed: Float32Array;
}

/** One modality under one fit of a transform; the fit does not change while the caller holds it. */
export interface Look {
  readonly transform: FittedTransform;
  /** The same as in a {@link SearchPlan}. */
  readonly transformVersion: number;
  readonly transformSequence: Sequence;
  /** The same object as long as slots and fit are the same, whatever is written. */
  readonly identity: object;
  /** Transforms raw vectors, `[b, d]`, to unit rows of the fitted dimension. */
  readonly show: (vectors: Float32Array) => Promise<Float32Array>;
  /** Raw unit vectors, `[b, d]`, that `show` gives these rows of: its inverse, see `lift.ts`. */
  readonly lift: (shown: Float32Array) => Promise<Float32Array>;
  /** The standard deviations of whitened directions, descending; null where none are divided by a power of them. */
  readonly deviations: () => Float64Array | null;
  /** Dimension of the rows that `show` and `rows` return. */
  readonly dimension: number;
  /** The transformed vectors of anchors, `[slots.length, dimension]`. */
  readonly rows: (slots: ArrayLike<Slot>) => Float32Array;
  /** The k nearest live (or allowed) anchors to rows that `show` returned; never approximate. */
  readonly search: (
    transformed: Float32Array,
    options: Pick<SpaceSearch, "k" | "allow">,
  ) => Promise<Neighbours>;
}

/** A collection's anchors under a pair of linear maps: both modalities in one space. */
export interface Aligned {
  readonly kind: AlignmentKind;
  /** Version of the fit; 0 for a fit on a subset of the anchors, which is not stored. */
  readonly version: number;
  /** Sequence of the fit: anchors deleted up to it have no trace in it. */
  readonly sequence: Sequence;
  /** Number of anchors that it was fitted on. */
  readonly anchors: number;
  /** Weight of each direction, `[rank]`, descending; null if all are equal. */
  readonly weights: Float32Array | null;
  /** Number of directions available, at most `wanted`; 0 if there was too little to fit. */
  readonly rank: (wanted: number) => number;
  /** Projects raw vectors, `[n, d]`, on the first directions: `[n, rank(wanted)]`, of norm 1 at most. */
  readonly show: (modality: Modality, vectors: Float32Array, wanted: number) => Promise<Float32Array>;
  /** The k live (or allowed) anchors that are most similar to raw vectors, `[n, d]`; never approximate. */
  readonly search: (
    modality: Modality,
    queries: Float32Array,
    options: { readonly k: number; readonly rank: number; readonly allow?: Uint8Array | undefined },
  ) => Promise<Neighbours>;
}

export interface AnchorEntry {
  readonly id: AnchorId;
  readonly caption: string | null;
  readonly metadata: Metadata;
}

/**
 * One collection's anchors at one sequence, as queries see them: it does not change while it is held, however many
 * writes follow.
 */
export interface AnchorView {
  readonly sequence: Sequence;
  /** Number of live anchors. */
  readonly size: number;
  /** One more than the highest slot; the length of every bitmap over slots. */
  readonly slotCount: number;
  /** Dimension of the stored vectors for a modality. */
  readonly dimension: (modality: Modality) => number;
  readonly slotOf: (id: AnchorId) => Slot | undefined;
  readonly isLive: (slot: Slot) => boolean;
  readonly entry: (slot: Slot) => AnchorEntry;
  /** Live slots in id order. */
  readonly liveSlots: () => Int32Array;
  /** One byte per slot: 1 if the anchor is live and `keep` returns true. */
  readonly bitmap: (keep: (entry: AnchorEntry) => boolean) => Uint8Array;
  /** Version of the transform's current fit; 0 if there is none. Answers differ between versions, not within one. */
  readonly fitVersion: (modality: Modality, transform: Transform) => number;
  /** Compares by anchor id, to break ties: negative if slot `a` comes first. */
  readonly compare: (a: Slot, b: Slot) => number;
  /** The stored vectors of `slots`, normalised but not transformed: `[m, d]`. */
  readonly vectors: (modality: Modality, slots: ArrayLike<Slot>) => Float32Array<ArrayBuffer>;
  /**
   * The k nearest live anchors of each query, `[b, d]` row-major raw vectors (normalised and transformed here).
   * Fewer where fewer are live or allowed.
   */
  readonly search: (modality: Modality, queries: Float32Array, options: SpaceSearch) => Promise<SpaceFound>;
  /** Holds one fit for several searches. */
  readonly look: (modality: Modality, transform: Transform) => Promise<Look>;
  /**
   * Both modalities in one space. With `allow` (one byte a slot) it is fitted on these anchors alone, and not stored;
   * among many anchors it may else lag behind this view a little.
   */
  readonly align: (kind: AlignmentKind, allow?: Uint8Array) => Promise<Aligned>;
}

/** A write that Postgres has committed, to be applied to memory. */
export interface SpaceChange {
  readonly sequence: Sequence;
  readonly upserts: readonly (AnchorEntry & {
    readonly imageVector: Float32Array;
    readonly textVector: Float32Array;
  })[];
  readonly deletes: readonly AnchorId[];
}

/** Anchors with their vectors as memory holds them, rows of norm 1 (or 0) one after another. */
export interface UnitAnchors {
  readonly entries: readonly AnchorEntry[];
  /** `[entries.length, d]` row-major */
  readonly image: Float32Array;
  readonly text: Float32Array;
}

/** Counters since the space was opened. */
export interface Changes {
  /** Number of anchors added or removed. */
  readonly total: number;
  /** Number of anchors deleted or replaced, which must leave no trace. */
  readonly removals: number;
}
