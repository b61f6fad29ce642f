import type {
  Anchor,
  AnchorPage,
  AnchorQuery,
  DeleteAnchors,
  Deleted,
  ListQuery,
  StoredAnchor,
  Written,
} from "../api/anchors.ts";
import type { AtLeast, CollectionChange, CollectionInfo, CollectionSpec } from "../api/collections.ts";
import type {
  Compacted,
  ReceiptDetail,
  ReceiptPage,
  ReceiptQuery,
  TableCompaction,
} from "../api/receipts.ts";
import type { SearchPlan } from "../api/indexes.ts";
import type { FitUsed, Member } from "../api/methods.ts";
import type { Contrast, Contribution, Difference, Explained } from "../asif/index.ts";
import type {
  AnchorId,
  CollectionName,
  Metadata,
  Method,
  Modality,
  Sequence,
  TransformKind,
} from "../types.ts";
import type {
  CalibrateRequest,
  CalibrationDetail,
  CalibrationWork,
  SureAnswer,
  SureRequest,
} from "../features/calibration/collection-calibration-types.ts";
import type { Filter } from "../api/filter.ts";
import type { StoredImage } from "../store/index.ts";
import type { Encoding } from "./encoding.ts";
import type { CollectionHooks } from "./hooks.ts";
import type { OpenCollection } from "./memory.ts";
import type { Moving } from "./moving.ts";
import type { Opened as MemoriesOfCollections } from "./opened.ts";
import type { Queried } from "./question.ts";

/** What a query, a class prompt or an anchor is made from. */
export type Input =
  | { readonly text: string }
  /** The bytes of an image file. */
  | { readonly image: Uint8Array }
  | { readonly vector: readonly number[]; readonly modality?: Modality }
  /** The stored vector of an anchor; of the modality that the place asks for, or of the one named. */
  | { readonly anchor: AnchorId; readonly modality?: Modality };

/** Settings that any query may give in place of the collection's own. */
export interface QuerySettings extends AtLeast {
  readonly k?: number;
  readonly p?: number;
  readonly transform?: TransformKind;
  readonly exact?: boolean;
  readonly ef?: number;
}

export interface SearchRequest extends QuerySettings {
  readonly query: Input;
  /** Of a `vector` or `anchor` query that does not name its own. */
  readonly modality?: Modality;
  readonly target: Modality;
  /** 1 to 1,000; 10 where absent. */
  readonly limit?: number;
  /** Restricts the hits. */
  readonly filter?: Filter;
  readonly mode?: "unimodal" | "asif";
}

export interface SearchHit {
  readonly id: AnchorId;
  readonly score: number;
  readonly text: string | null;
  readonly metadata: Metadata;
}

/** Every answer names the sequence it was computed at. */
export interface Answer {
  readonly sequence: Sequence;
  readonly tookMs: number;
}

export interface SearchAnswer extends Answer {
  readonly hits: readonly SearchHit[];
  readonly plan: SearchPlan;
}

export interface RelativeRequest extends QuerySettings {
  readonly inputs: readonly Input[];
  readonly modality: Modality;
}

export interface RelativeAnswer extends Answer {
  readonly representations: readonly {
    readonly anchors: readonly AnchorId[];
    readonly values: readonly number[];
  }[];
  readonly plan: SearchPlan;
}

/** How images and texts are scored; what is not given is the collection's. */
export interface MethodRequest {
  readonly method?: Method;
  /** Canonical directions that are compared, of the methods that have them. */
  readonly rank?: number;
  /** Of a consensus. */
  readonly members?: readonly Member[];
}

/** How it was answered. */
export interface MethodAnswer extends Answer {
  readonly method: Method;
  /** What was fitted on the anchors for it, beside the collection's transform. */
  readonly fits: readonly FitUsed[];
}

export interface SimilarityRequest extends QuerySettings, MethodRequest {
  readonly images: readonly Input[];
  readonly texts: readonly Input[];
}

export interface SimilarityAnswer extends MethodAnswer {
  /** images x texts, each in [-1, 1] but for a consensus. */
  readonly scores: readonly (readonly number[])[];
}

export interface ClassInput {
  readonly name: string;
  /** Absent: the name through each of the templates. */
  readonly prompts?: readonly Input[];
}

export interface ClassifyRequest extends QuerySettings, MethodRequest {
  readonly images: readonly Input[];
  readonly classes: readonly ClassInput[];
  /** Each holds `{}` once; `["{}"]` where absent. */
  readonly templates?: readonly string[];
  readonly ensemble?: "max" | "mean";
  /** How many classes a result names; 5 where absent. */
  readonly top?: number;
  /** How many anchors explain the first class, 0 where absent; or more than that. */
  readonly explain?: number | ExplainRequest;
  /** Restricts the anchors that serve as memory. */
  readonly filter?: Filter;
}

export interface ExplainRequest {
  /** How many anchors, and how many groups, are listed; 10 where absent. */
  readonly top?: number;
  /** A metadata key to add contributions up by. */
  readonly groupBy?: string;
  /** `runner-up`, or the name of a class that the first is compared with. */
  readonly against?: string;
}

export interface ClassifyResult extends Omit<Partial<Explained>, "explanation" | "against"> {
  readonly classes: readonly { readonly name: string; readonly score: number }[];
  readonly explanation?: readonly (Contribution & Pictured)[];
  readonly against?:
    (Omit<Contrast, "anchors"> & { readonly anchors: readonly (Difference & Pictured)[] }) | null;
}

/** Only where more was asked for than a number of anchors. */
export interface Pictured {
  readonly hasImage?: boolean;
}

export interface ClassifyAnswer extends MethodAnswer {
  readonly results: readonly ClassifyResult[];
}

/** Collections and their anchors: the write path and every query, as the service and the scripts use them. */
export interface Collections {
  /** @throws AnchorageError `conflict` where the name is taken, `invalid-input` for an unknown encoder. */
  readonly create: (spec: CollectionSpec) => Promise<CollectionInfo>;
  readonly list: () => Promise<CollectionInfo[]>;
  /** @throws AnchorageError `not-found`, as every method below does for a collection that is not there. */
  readonly get: (name: CollectionName, at?: AtLeast) => Promise<CollectionInfo>;
  /** Changes what queries are answered by, at a new sequence, for every process on the same Postgres. */
  readonly update: (name: CollectionName, changed: CollectionChange) => Promise<CollectionInfo>;
  readonly remove: (name: CollectionName) => Promise<void>;

  /**
   * Encodes what has no vector and writes all anchors at one sequence, or none of them.
   *
   * @throws AnchorageError `invalid-input` whose fault paths start with `anchors.<index>`.
   */
  readonly putAnchors: (name: CollectionName, anchors: readonly Anchor[]) => Promise<Written>;
  readonly getAnchor: (name: CollectionName, id: AnchorId, options?: AnchorQuery) => Promise<StoredAnchor>;
  /** In id order. */
  readonly listAnchors: (name: CollectionName, page: ListQuery) => Promise<AnchorPage>;
  /** @throws AnchorageError `not-found` where the anchor is not there or has no image. */
  readonly getImage: (name: CollectionName, id: AnchorId) => Promise<StoredImage>;
  readonly existingIds: (name: CollectionName, ids: readonly AnchorId[]) => Promise<Set<AnchorId>>;
  readonly deleteAnchors: (name: CollectionName, which: DeleteAnchors) => Promise<Deleted>;

  readonly getReceipt: (name: CollectionName, id: string) => Promise<ReceiptDetail>;
  /** In the order of the chain. */
  readonly listReceipts: (name: CollectionName, page: ReceiptQuery) => Promise<ReceiptPage>;
  /**
   * Takes what was deleted out of memory and files while queries go on, and has Postgres clear its rows.
   *
   * @param tables `rewrite`, the default, takes the bytes out of Postgres's files too, for which it locks the tables, and
   * puts on record that what was deleted is erased; `vacuum` locks nothing, leaves bytes, and receipts as they are
   * @throws AnchorageError `unavailable` where a transaction on the same Postgres may still read what was deleted
   */
  readonly compact: (name: CollectionName, tables?: TableCompaction) => Promise<Compacted>;

  readonly search: (name: CollectionName, request: SearchRequest) => Promise<SearchAnswer>;
  readonly relative: (name: CollectionName, request: RelativeRequest) => Promise<RelativeAnswer>;
  readonly similarity: (name: CollectionName, request: SimilarityRequest) => Promise<SimilarityAnswer>;
  /** @throws AnchorageError `conflict` where probabilities are asked for and nothing was calibrated for its settings */
  readonly classify: (name: CollectionName, request: ClassifyRequest & SureRequest) => Promise<SureAnswer>;
  /**
   * Holds some of the collection's anchors out, as they are now, for a calibration.
   *
   * @returns the work, which stores what it measures
   * @throws AnchorageError `unprocessable` where there are too few classes
   */
  readonly planCalibration: (name: CollectionName, request: CalibrateRequest) => Promise<CalibrationWork>;
  /** The last one for each of the settings. */
  readonly listCalibrations: (name: CollectionName) => Promise<CalibrationDetail[]>;

  /** What features have collections do beside their own work. */
  readonly hooks: CollectionHooks;
  /** Inputs as vectors, for queries of features. */
  readonly encoding: Encoding;
  /** What a query is put to: the collection as of `minSequence` at least. @throws AnchorageError `not-found` */
  readonly queried: (name: CollectionName, at?: AtLeast) => Promise<Queried>;
  /** The collection in memory. @throws AnchorageError `not-found` */
  readonly find: (name: CollectionName, at?: AtLeast) => Promise<OpenCollection>;
  /** Writes to a collection; once more where it moved to other encoders meanwhile. */
  readonly writeTo: MemoriesOfCollections["writeTo"];
  /** How a collection moves to other encoders. */
  readonly moving: Moving;

  /** Which collections are not loaded yet; empty when every index has caught up. */
  readonly loading: () => readonly CollectionName[];
  readonly close: () => Promise<void>;
}
