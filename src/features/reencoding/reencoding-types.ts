import type { EncoderChoice } from "../../api/collections.ts";
import type { Comparison, TuneContext } from "../tuning/index.ts";
import type { Reencoding } from "../../store/index.ts";
import type { CollectionName, EncoderId } from "../../types.ts";

/** What is absent stays as it is. */
export interface ReencodeRequest {
  readonly imageEncoder?: EncoderId;
  readonly textEncoder?: EncoderId;
  /** Whether both are asked the same questions before the move; true where absent. */
  readonly evaluate?: boolean;
  /** `always` where absent. */
  readonly apply?: Reencoding["apply"];
}

/** How the anchors answer under their present encoders and under others. */
export interface Evaluation extends Comparison {
  /** Whether the mean reciprocal rank is higher under the others. */
  readonly better: boolean;
  readonly tookMs: number;
}

export interface EncoderChoices {
  readonly imageEncoder: EncoderChoice;
  readonly textEncoder: EncoderChoice;
}

export interface ReencodingDetail extends Pick<
  Reencoding,
  "apply" | "state" | "appliedAt" | "startedAt" | "endedAt"
> {
  readonly from: EncoderChoices;
  readonly to: EncoderChoices;
  /** Null where it was not asked for, has not come to its end, or there are fewer than 20 captions. */
  readonly evaluation: Evaluation | null;
}

export interface ReencodeContext extends TuneContext {
  /** Whether it was cancelled, and so will not go on at the next start. */
  readonly cancelled: () => boolean;
}

export type ReencodingWork = (context: ReencodeContext) => Promise<void>;

/** Collections move to other encoders while they are queried and written to. */
export interface Reencodings {
  /**
   * @returns the work, which goes on where an earlier one to the same encoders stopped
   * @throws AnchorageError `invalid-input` for an encoder that is not registered; `unprocessable` for one that the
   * collection has already, for an external one, where anchors lack what a vector would be made of, and where there are
   * too few captions for a comparison that is to decide
   */
  readonly plan: (name: CollectionName, request: ReencodeRequest) => Promise<ReencodingWork>;
  /** The work of a move that has not ended. @throws AnchorageError `not-found` where there is none */
  readonly resume: (name: CollectionName) => Promise<ReencodingWork>;
  /** The collections whose last move has not ended. */
  readonly unfinished: () => Promise<readonly CollectionName[]>;
  /** The last one. @throws AnchorageError `not-found` where there was none */
  readonly get: (name: CollectionName) => Promise<ReencodingDetail>;
}
