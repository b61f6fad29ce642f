import type { AnchorId, CollectionName, JsonValue, Sequence } from "../../types.ts";

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
