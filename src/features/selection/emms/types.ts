import type { JsonValue } from "../../../types.ts";
import type { TransferMethod } from "../methods.ts";

export { TRANSFER_METHODS, type TransferMethod } from "../methods.ts";

/** A row-major matrix of finite numbers: float32 from the store, float64 from JSON. Methods compute in float64. */
export interface Numbers {
  readonly data: Float32Array | Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** A model's features of a dataset: `[n, d]` row-major, one row a sample. Finite; n at least 2, d at least 1. */
export interface Embeddings {
  readonly data: Float32Array | Float64Array;
  readonly n: number;
  readonly d: number;
}

export interface ScoreInput {
  readonly embeddings: Embeddings;
  /** `[n]`: the class of each row, 0 .. C - 1, none of them without a row. */
  readonly classes?: Int32Array;
  /** K matrices `[n, d2]` of equal width: each row's label as K text encoders embed it. */
  readonly fLabels?: readonly Numbers[];
  /** `[n, s]`: the model's probabilities of the s classes that it was trained on; each row adds up to 1. */
  readonly sourceProbabilities?: Numbers;
}

/** The parts of an input that not every method needs. */
export type LabelInput = "classes" | "fLabels" | "sourceProbabilities";

/** Rounds of EMMS. */
export type Rounds = number | "optimal";

/** Options of the methods. Each reads its own part, and every option has a default. */
export interface TransferOptions {
  readonly emms?: {
    /**
     * The most rounds of the alternating minimisation, from 1 (the default, as published); it ends earlier at the optimum.
     * `"optimal"` solves for the optimum at once.
     */
    readonly rounds?: Rounds;
  };
  readonly transrate?: {
    /** How classes count in the rate given the classes: equally (the default, as the authors' code does), or by rows. */
    readonly classes?: "by-rows" | "equal";
  };
  readonly nleep?: {
    /** Components of the mixture for each class, from 1; 5 where not given. */
    readonly componentsPerClass?: number;
    /** The share of the variance that the principal directions keep, in (0, 1]; 0.8 where not given. */
    readonly variance?: number;
    readonly seed?: number;
  };
  readonly gbc?: {
    readonly covariance?: "diagonal" | "spherical";
    /** Features of more dimensions are reduced to so many principal directions; 64 where not given. */
    readonly dimensions?: number;
  };
  readonly parc?: {
    /** What features are compared with: the classes (the default if given) or the first F-labels. */
    readonly labels?: "classes" | "f-labels";
    /** Of more rows so many are drawn; 2,000 where not given. */
    readonly samples?: number;
    /** Whether feature columns are standardised first; true by default, as in the authors' code. */
    readonly standardize?: boolean;
    readonly seed?: number;
  };
  readonly knn?: {
    /** Neighbours, from 1; 5 where not given. */
    readonly k?: number;
  };
  readonly "linear-probe"?: {
    /** From 2; 5 where not given. */
    readonly folds?: number;
    /** Of `ridge / 2` times the squared weights, against the summed loss of the rows; 1 where not given. */
    readonly ridge?: number;
    readonly seed?: number;
  };
}

/** How well a model is expected to do on a dataset after fine-tuning; higher is better, and only the order counts. */
export interface TransferScore {
  readonly score: number;
  /** The weight of each of the K text encoders, for `emms`: at least 0, and 1 together. */
  readonly weights?: readonly number[];
  /** Details of the computation: finite numbers and words. */
  readonly diagnostics: Readonly<Record<string, JsonValue>>;
}

/** One score. */
export interface TransferScorer {
  readonly name: TransferMethod;
  readonly needs: readonly LabelInput[];
  /**
   * @param input valid, and with everything that the method needs
   * @param signal stops the work soon after it is aborted
   * @throws AnchorageError `unprocessable` that names the field for which the score is not defined
   */
  readonly score: (
    input: ScoreInput,
    options: TransferOptions,
    signal?: AbortSignal,
  ) => Promise<TransferScore>;
}
