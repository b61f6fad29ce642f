import type { Calibration } from "../../../math/ensemble/index.ts";
import type { CsaSettings } from "../scorers/index.ts";
import type { LanguageModelSettings, Mutation } from "../generators/index.ts";
import type { Payload, Scorer } from "../types.ts";

/** What may be said of any scorer. */
export interface ScorerCommon {
  /** What it is called in the answer; absent: its name. */
  readonly as?: string;
  /** Absent: 1. */
  readonly weight?: number;
  readonly calibration?: Calibration;
  readonly onFailure?: Scorer["onFailure"];
  readonly timeoutMs?: number;
}

/** Of an endpoint; `authorization` is a secret. */
export interface EndpointSpec {
  readonly url: string;
  readonly authorization?: string;
}

interface Neighbours {
  readonly k?: number;
  readonly temperature?: number;
}

/** What each scorer may be told beside. */
export interface ScorerSpecs {
  readonly asif: object;
  readonly csa: { readonly method?: NonNullable<CsaSettings["method"]> };
  readonly "text-text": object;
  readonly "image-image": object;
  readonly "neighbour-captions": Neighbours;
  readonly "reverse-retrieval": { readonly gallery?: number };
  readonly "knn-vote": Neighbours & { readonly field: string };
  readonly "self-consistency": { readonly by?: "similarity" | "votes" };
  readonly arithmetic: { readonly mode?: "veto" | "score" };
  readonly probe: { readonly field: string; readonly ridge?: number; readonly target?: string };
  readonly onnx: { readonly classifier: string; readonly target?: string };
  readonly http: EndpointSpec;
}

export type ScorerName = keyof ScorerSpecs;
export type ScorerSpec = {
  [Name in ScorerName]: { readonly name: Name } & ScorerCommon & ScorerSpecs[Name];
}[ScorerName];

interface Nearest {
  readonly k?: number;
}

export interface GeneratorSpecs {
  readonly list: { readonly proposals: readonly Payload[] };
  readonly captions: Nearest;
  readonly anchors: Nearest;
  readonly "class-names": { readonly field: string };
  readonly tags: Nearest & { readonly field: string };
  readonly phrases: Nearest & { readonly words?: number };
  readonly template: {
    readonly template: string;
    readonly words: Readonly<Record<string, readonly string[]>>;
  };
  readonly mutation: {
    readonly operations?: readonly Mutation[];
    readonly words?: readonly string[];
    readonly longest?: number;
  };
  readonly expansion: Nearest;
  /** `decoder` is a folder's name. */
  readonly "language-model": Omit<LanguageModelSettings, "name"> & { readonly decoder: string };
  readonly http: EndpointSpec & { readonly timeoutMs?: number };
}

export type GeneratorName = keyof GeneratorSpecs;
export type GeneratorSpec = {
  [Name in GeneratorName]: { readonly name: Name; readonly as?: string } & GeneratorSpecs[Name];
}[GeneratorName];
