import type {
  AnchorDetail,
  CollectionInfo,
  Collections,
  TuneRequest,
  TuningDetail,
} from "../collections/index.ts";
import type { CollectionName, Modality } from "../types.ts";
import type { TuneOptions } from "./tune.ts";

/**
 * Anchorage as a script uses it: the collections of a running service, or of a DATA_DIR that this process holds,
 * behind the same calls and with the same errors.
 */
export interface Application extends Pick<
  Collections,
  "get" | "create" | "existingIds" | "putAnchors" | "classify"
> {
  /** For messages: an address or a directory. */
  readonly where: string;
  /** The sha256 of the collection's encoders, as it was registered; empty for an external one. */
  encoderHashes(collection: CollectionInfo): Promise<Readonly<Record<Modality, string>>>;
  /** Every anchor with its vectors, in id order. */
  anchorsWithVectors(name: CollectionName): AsyncGenerator<AnchorDetail, void>;
  /**
   * Tunes a collection, by a job that others can see.
   *
   * @throws AnchorageError `conflict` where it is being tuned, `unprocessable` where it has too few classes, `cancelled`
   * where the signal aborts
   */
  tune(name: CollectionName, request: TuneRequest, options: TuneOptions): Promise<TuningDetail>;
  close(): Promise<void>;
}
