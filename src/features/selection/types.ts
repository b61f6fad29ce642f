import type { Label, ProjectionKind, Rounds, TransferMethod } from "./emms/index.ts";
import type { AnchorId, CollectionName, EncoderId, JsonValue, Sequence } from "../../types.ts";
import type { TransformName } from "../../api/transforms.ts";

/** What is known of each of some anchors. */
export interface AnchorLabel {
  readonly anchor: AnchorId;
  readonly label: Label;
}

/** Features that were made elsewhere: `[n, d]`, one row a label. */
export interface GivenModel {
  readonly name: string;
  readonly features: readonly (readonly number[])[];
}

/** What models are chosen for: a collection's anchors, some images, or nothing but what models made of something. */
export type Subject =
  | {
      readonly collection: CollectionName;
      /** A metadata field, the captions, or what is known of some anchors elsewhere. */
      readonly labels: { readonly field: string } | { readonly captions: true } | readonly AnchorLabel[];
    }
  /** Image files, with as many labels. */
  | { readonly images: readonly Uint8Array[]; readonly labels: readonly Label[] }
  | { readonly models: readonly GivenModel[]; readonly labels: readonly Label[] };

export interface SelectionSettings {
  /** The first one's ranking is the answer's order. */
  readonly methods: readonly TransferMethod[];
  readonly transforms: readonly TransformName[];
  /** Of categories; each with `{}` in it. */
  readonly templates: readonly string[];
  readonly projection: ProjectionKind;
  /** To which F-labels are projected; absent: the smallest of their encoders' dimensions. */
  readonly dimension?: number;
  /** Of EMMS. */
  readonly rounds: Rounds;
  /** So many are drawn where there are more. */
  readonly samples: number;
  /** Halves of the samples that are scored for the confidence, at most. */
  readonly bootstrap: number;
  readonly seed: number;
}

export interface SelectionRequest {
  readonly subject: Subject;
  /** Ids; absent: every one of the registry. */
  readonly imageEncoders?: readonly string[];
  readonly textEncoders?: readonly string[];
  readonly settings?: Partial<SelectionSettings>;
}

/** How sure a rank is, from scores of random halves of the samples. */
export interface Confidence {
  /** How many halves were scored. */
  readonly halves: number;
  /** The share of them in which the candidate came first; ties are shared. */
  readonly first: number;
  /** The 5 % and the 95 % quantile of its rank. */
  readonly rank: readonly [number, number];
}

export interface CandidateScore {
  /** Null where the score is not defined for the candidate; `reason` says why. */
  readonly score: number | null;
  /** 1 for the highest score; candidates of one score share the rank. */
  readonly rank: number | null;
  readonly tookMs: number;
  /** Of `emms`: how much each text encoder counts, in their order. */
  readonly weights?: readonly number[];
  readonly diagnostics: Readonly<Record<string, JsonValue>>;
  readonly reason?: string;
  /** Null where too few halves were scored, or the features span all that a half can differ in. */
  readonly confidence: Confidence | null;
}

export interface Candidate {
  /** An image encoder's id, or a given model's name. */
  readonly model: string;
  readonly transform: TransformName;
  /** As the scores see it. */
  readonly dimension: number;
  /** `stored`: the vectors that the anchors were written with; `made`: from the stored images, or those given. */
  readonly features: "stored" | "made" | "given";
  readonly scores: Readonly<Partial<Record<TransferMethod, CandidateScore>>>;
  readonly notes: readonly string[];
}

export interface Winner {
  readonly model: string;
  readonly transform: TransformName;
  readonly runnerUp: { readonly model: string; readonly transform: TransformName } | null;
  /** Its score less the runner-up's; null where there is none. */
  readonly margin: number | null;
  /** The share of halves in which it is ahead of the runner-up, ties as half; null where too few were scored. */
  readonly ahead: number | null;
}

/** What a selection came to: numbers and names alone, no label, no caption and no vector. */
export interface Selection {
  readonly subject: {
    readonly collection: CollectionName | null;
    /** The collection's, of the anchors that were drawn. */
    readonly sequence: Sequence | null;
    readonly labels: "captions" | "given" | { readonly field: string };
  };
  readonly samples: {
    readonly used: number;
    readonly of: number;
    readonly withoutLabel: number;
    readonly withoutImage: number;
    /** Were changed or deleted meanwhile. */
    readonly gone: number;
  };
  readonly classes: number;
  readonly settings: SelectionSettings;
  /** Null where no method asked for needs it. */
  readonly fLabels: {
    readonly textEncoders: readonly { readonly id: EncoderId; readonly dimension: number }[];
    readonly texts: number;
    readonly dimension: number;
    readonly projection: ProjectionKind | "none";
  } | null;
  /** In the order of the first method's ranking. */
  readonly candidates: readonly Candidate[];
  readonly winners: Readonly<Partial<Record<TransferMethod, Winner>>>;
  readonly tookMs: { readonly features: number; readonly labels: number; readonly scores: number };
}

export interface SelectionContext {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}
