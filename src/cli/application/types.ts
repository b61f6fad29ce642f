import type { StoredAnchor } from "../../api/anchors.ts";
import type { CollectionInfo } from "../../api/collections.ts";
import type { Collections } from "../../collections/index.ts";
import type { CollectionName, Modality } from "../../types.ts";
import type { DoneSelection, SelectionRequest } from "../../features/selection/index.ts";
import type { TuneRequest, Tuning } from "../../features/tuning/index.ts";
import type { WatchOptions } from "./watch-job.ts";

/** How a selection is told of. */
export const SELECTING = { name: "the selection", stopped: "the features that were made are kept" } as const;

/** A selection over a collection, by what its anchors are labelled with already. */
export interface CollectionSelection extends Omit<SelectionRequest, "subject"> {
  readonly labels: { readonly field: string } | { readonly captions: true };
}

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
  anchorsWithVectors(name: CollectionName): AsyncGenerator<StoredAnchor, void>;
  /**
   * Tunes a collection, by a job that others can see.
   *
   * @throws AnchorageError `conflict` where it is being tuned, `unprocessable` where it has too few classes, `cancelled`
   * where the signal aborts
   */
  tune(name: CollectionName, request: TuneRequest, options: WatchOptions): Promise<Tuning>;
  /**
   * Ranks image encoders for a collection, by a job that others can see.
   *
   * @throws AnchorageError `conflict` where one of it runs, `cancelled` where the signal aborts: features that were made
   * are kept, and what `Selections.plan` throws
   */
  select(name: CollectionName, request: CollectionSelection, options: WatchOptions): Promise<DoneSelection>;
  close(): Promise<void>;
}
