import type { z } from "@hono/zod-openapi";
import type { AnchorId, CollectionName } from "../../types.ts";
import type { selection } from "./api/selection-answer.ts";
import type { Label } from "./emms/index.ts";

/** The label of an anchor. */
export interface AnchorLabel {
  readonly anchor: AnchorId;
  readonly label: Label;
}

/** Features that were made elsewhere: `[n, d]`, one row a label. */
export interface GivenModel {
  readonly name: string;
  readonly features: readonly (readonly number[])[];
}

/** What models are chosen for: a collection's anchors, given images, or given features of models. */
export type Subject =
  | {
      readonly collection: CollectionName;
      /** A metadata field, the captions, or what is known of some anchors elsewhere. */
      readonly labels: { readonly field: string } | { readonly captions: true } | readonly AnchorLabel[];
    }
  /** Image files, with as many labels. */
  | { readonly images: readonly Uint8Array[]; readonly labels: readonly Label[] }
  | { readonly models: readonly GivenModel[]; readonly labels: readonly Label[] };

/** The result of a selection, without its id and date. */
export type Selection = Omit<z.output<typeof selection>, "id" | "state" | "createdAt">;
export type SelectionSettings = Selection["settings"];
export type Candidate = Selection["candidates"][number];
export type CandidateScore = Candidate["scores"][string];
/** How sure a rank is, from scores of random halves of the samples. */
export type Confidence = NonNullable<CandidateScore["confidence"]>;
export type Winner = Selection["winners"][string];

export interface SelectionRequest {
  readonly subject: Subject;
  /** Ids; absent: every one of the registry. */
  readonly imageEncoders?: readonly string[];
  readonly textEncoders?: readonly string[];
  readonly settings?: Partial<SelectionSettings>;
}

export interface SelectionContext {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}
