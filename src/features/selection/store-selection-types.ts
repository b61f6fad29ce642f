import type { AnchorId, CollectionName, JsonValue, Sequence } from "../../types.ts";
import type { CollectionRecord, EncoderRecord } from "../../store/types.ts";

/** What labels anchors: a metadata field, their captions, or what is known of some of them elsewhere. */
export type LabelSource =
  { readonly field: string } | { readonly captions: true } | { readonly ids: readonly AnchorId[] };

/** An anchor that has an image and a label. */
export interface LabelledAnchor {
  /** Of this state of the anchor: it is another when it is written again. */
  readonly key: number;
  /** The field's value, the caption, or the id. */
  readonly label: JsonValue;
}

export interface LabelledAnchors {
  /** In id order. */
  readonly anchors: readonly LabelledAnchor[];
  /** The collection's, of the same moment. */
  readonly sequence: Sequence;
  /** Of all anchors, and of those that are not among the labelled with an image. */
  readonly counts: { readonly anchors: number; readonly withoutLabel: number; readonly withoutImage: number };
}

/** A text's vector, found again by the sha256 of its UTF-8. */
export interface LabelVector {
  readonly hash: Uint8Array;
  readonly vector: Float32Array;
}

/** What a model selection came to. */
export interface SelectionRecord {
  readonly id: string;
  /** Null where it is not of a collection; else it goes with that. */
  readonly collection: CollectionName | null;
  readonly createdAt: Date;
  /** See selections/ for the content. */
  readonly content: JsonValue;
}

/** What model selection asks of Postgres. */
export interface SelectionStore {
  /**
   * A collection's anchors that have an image and a label. A value that is null, an object, empty or a list with such in
   * it is no label.
   *
   * @param choose which of them are wanted, by their keys in id order
   */
  labelledAnchors(
    collection: CollectionRecord,
    source: LabelSource,
    choose: (keys: readonly number[]) => readonly number[],
  ): Promise<LabelledAnchors>;
  /** The stored image of each anchor that is there, by its key. */
  findImages(keys: readonly number[]): Promise<Map<number, Uint8Array>>;
  /** The vector by `encoder` of each anchor that has one, by its key. */
  findVectors(encoder: EncoderRecord, keys: readonly number[]): Promise<Map<number, Float32Array>>;
  /** Which of the anchors have a vector by `encoder`. */
  keysWithVector(encoder: EncoderRecord, keys: readonly number[]): Promise<Set<number>>;
  /** What is kept of `hashes`, in no order. */
  findLabelVectors(
    collection: CollectionRecord,
    encoder: EncoderRecord,
    hashes: readonly Uint8Array[],
  ): Promise<LabelVector[]>;
  /**
   * Keeps vectors of labels, unless anything was written to the collection since `sequence`: what they were made of may
   * be deleted by now, and a compaction may have gone by.
   *
   * @returns whether they are kept
   */
  addLabelVectors(
    collection: CollectionRecord,
    encoder: EncoderRecord,
    sequence: Sequence,
    vectors: readonly LabelVector[],
  ): Promise<boolean>;
  /** Removes all that are kept for a collection. */
  removeLabelVectors(collection: CollectionRecord): Promise<void>;

  /** @throws AnchorageError `not-found` where the collection is gone */
  saveSelection(selection: SelectionRecord): Promise<void>;
  findSelection(id: string): Promise<SelectionRecord | null>;
  /** Newest first, at most `limit`. */
  listSelections(limit: number): Promise<SelectionRecord[]>;
  /** False where there was none. */
  removeSelection(id: string): Promise<boolean>;
}
