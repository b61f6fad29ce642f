import type { ClassifyFields } from "../api/classify-fields.ts";
import type { PluggedMethod } from "../api/methods.ts";
import type { MethodPlug } from "../asif/index.ts";
import type { ClassifyAnswer, ClassifyRequest } from "../api/queries.ts";
import type { CollectionRecord, Transaction } from "../store/index.ts";
import type { AnchorId, Sequence } from "../types.ts";
import type { AdaptImages } from "./adapted.ts";
import type { Queried } from "./question.ts";

/**
 * A classification as a feature may change it: asks `next` for the core's answer. The request also holds the fields of
 * features, which are checked but have no type here: the feature reads its own by its own schema.
 */
export type ClassifyStep = (
  queried: Queried,
  request: ClassifyRequest,
  next: (request: ClassifyRequest) => Promise<ClassifyAnswer>,
) => Promise<ClassifyAnswer>;

/** A step around classifications. */
export interface ClassifyHook {
  /** Fields of the request: the step applies to requests that have at least one of them. Default: to every request. */
  readonly fields?: readonly string[];
  readonly step: ClassifyStep;
}

/** What a feature has collections do beside their own work. Each list is read when it is needed. */
export interface CollectionHooks {
  /** In the transaction that deletes anchors: marks or removes what may not be used without them. */
  readonly onDelete: ((
    transaction: Transaction,
    collection: CollectionRecord,
    anchors: readonly AnchorId[],
  ) => Promise<void>)[];
  /** In the same transaction: names what was made with anchors of the collection and is kept, for the receipt. */
  readonly retained: ((
    transaction: Transaction,
    collection: CollectionRecord,
  ) => Promise<readonly string[]>)[];
  /** At a compaction, which waits for it: erases what was derived from anchors deleted up to `sequence`. */
  readonly forget: ((collection: CollectionRecord, sequence: Sequence) => Promise<void>)[];
  /** In the transaction that moves a collection to other encoders: removes what was measured under those it had. */
  readonly onMove: ((transaction: Transaction, collection: CollectionRecord) => Promise<void>)[];
  /** Classification methods beside the core's, by their names. */
  readonly methods: Map<PluggedMethod, MethodPlug>;
  /** Fields that classifications have beside the core's. */
  readonly fields: ClassifyFields[];
  /** Around classifications, the last one added outermost. */
  readonly classify: ClassifyHook[];
  /** Aligns images of queries with the anchors; at most one feature does. */
  readonly adaptImages: AdaptImages[];
}

export const createHooks = (): CollectionHooks => ({
  onDelete: [],
  retained: [],
  forget: [],
  onMove: [],
  methods: new Map(),
  fields: [],
  classify: [],
  adaptImages: [],
});
