import type { AnchorDetail, Collections } from "../collections/index.ts";
import type { CollectionName } from "../types.ts";

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
  /** Every anchor with its vectors, in id order. */
  anchorsWithVectors(name: CollectionName): AsyncGenerator<AnchorDetail, void>;
  close(): Promise<void>;
}
