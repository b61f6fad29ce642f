import type { Reject } from "../../files/index.ts";
import type { Metadata } from "../../types.ts";

/** An image-text pair as a source holds it. */
export interface Pair {
  readonly kind: "pair";
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
  /** Where it stands, for messages: a file, a line of one, a member of an archive. */
  readonly source: string;
  /** @throws AnchorageError where the image is missing, empty or larger than a source accepts. */
  readonly image: () => Promise<Uint8Array>;
}

export type Entry = Pair | Reject;

/** Where pairs come from. It is read once, in the same order whenever it is. */
export interface PairSource {
  /**
   * @throws AnchorageError `corrupt-file` where the rest of a file cannot be read, `invalid-input` where a file is not
   * there or lacks a column; both name it.
   */
  entries(): AsyncGenerator<Entry, void>;
  /** Which part of the whole has been read, 0 to 1. */
  fraction(): number;
}
