/** The words of the domain that every room shares. */

export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** Chosen by the user, 1 to 200 characters, unique within its collection. */
export type AnchorId = Brand<string, "AnchorId">;
/** `[a-z0-9][a-z0-9_-]{0,62}` */
export type CollectionName = Brand<string, "CollectionName">;
/** The id of a frozen encoder in the registry, or `external-<dimension>`. */
export type EncoderId = Brand<string, "EncoderId">;
/** A collection's monotone change number; every committed write has one. 0 before the first. */
export type Sequence = Brand<number, "Sequence">;

export type Modality = "image" | "text";

/**
 * What is done to a collection's vectors before similarities are taken, fitted on its anchors: `center` subtracts
 * their mean; `whiten` also decorrelates image vectors, on at most 256 principal directions (texts are only centred).
 */
export type TransformKind = "none" | "center" | "whiten";

/**
 * A pair of linear maps that take both modalities into one space, fitted on a collection's anchors: canonical
 * correlations, an orthogonal map, or ridge regression.
 */
export type AlignmentKind = "csa" | "orthogonal" | "ridge";

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type Metadata = Readonly<Record<string, JsonValue>>;

/** ASIF's two parameters: how many anchors a relative representation keeps, and the power they are raised to. */
export interface AsifParameters {
  readonly k: number;
  readonly p: number;
}

/** How images and texts are scored against each other, from the same anchors. */
export type Method = AlignmentKind | "asif" | "asif-csa" | "consensus";

/** What a class of several prompts scores as: its best one, or the mean of their representations. */
export type Ensemble = "max" | "mean";

/** What a collection's queries are answered by where they say nothing else. */
export interface CollectionDefaults {
  readonly asif: AsifParameters;
  readonly transform: TransformKind;
  readonly method: Method;
  /** Of methods with canonical directions; null: what the method takes by itself. */
  readonly rank: number | null;
  readonly ensemble: Ensemble;
}

/** What an encoder is, as `GET /v1/encoders` tells it. */
export interface EncoderInfo {
  readonly id: EncoderId;
  readonly modality: Modality;
  readonly dimension: number;
  /** The encoder that a collection gets when it names none of this modality. */
  readonly default: boolean;
  /**
   * Of the weights, the tokenizer and the preprocessing; vectors of one id under two hashes never mix. Empty for an
   * external encoder.
   */
  readonly sha256: string;
  readonly source: string;
  readonly licence: string;
}

/** An intermediate output of an encoder, whose vectors are kept beside the encoder's own. */
export interface EncoderLayer {
  /** Such as `mixed5`, unique within its encoder. */
  readonly name: string;
  /** What it is asked for by: an image encoder's id, or `<encoder>#<name>`. */
  readonly id: EncoderId;
  readonly dimension: number;
  /** As that of an {@link EncoderInfo}. */
  readonly sha256: string;
}

/** An encoder of the registry. */
export interface ListedEncoder extends EncoderInfo {
  /** The shallowest first; none where it declares none. */
  readonly layers: readonly EncoderLayer[];
  /** Whether its network is on the disk; one that is not is made when it is first used. */
  readonly built: boolean;
}

/** Where progress and one-line news go; the terminal in the service, nowhere in most tests. */
export type Log = (line: string) => void;

export const OTHER_MODALITY: Readonly<Record<Modality, Modality>> = { image: "text", text: "image" };
