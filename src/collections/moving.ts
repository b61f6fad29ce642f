import type { AnchorSpace } from "../retrieval/index.ts";
import type { CollectionRecord, EncoderPair } from "../store/index.ts";
import type { BuiltIndexes } from "./built-indexes.ts";
import type { Loader } from "./load.ts";
import type { OpenCollection } from "./memory.ts";
import { renewFiles, type Opened } from "./opened.ts";

/** A memory of a collection's anchors under other encoders, which can take the place of the present one. */
export interface Successor {
  /** Empty at first. Close it where it takes no place. */
  readonly space: AnchorSpace;
  /**
   * Makes it the memory that answers requests; `old` finishes its running requests and is closed.
   *
   * @param record the collection as Postgres has it after the move
   */
  readonly replace: (old: OpenCollection, record: CollectionRecord) => OpenCollection;
}

/** What a feature needs to move a collection to other encoders while queries and writes go on. */
export interface Moving {
  /** Nothing that is fitted on the successor is stored before it takes the collection's place. */
  readonly succeed: (record: CollectionRecord, encoders: EncoderPair) => Promise<Successor>;
  /** Reads a collection that has moved in Postgres and puts it in the place of its memory here. */
  readonly follow: (record: CollectionRecord) => Promise<void>;
  /** Replaces the files of the former encoders. @throws what the file system throws */
  readonly renewFiles: (old: OpenCollection, next: OpenCollection) => Promise<void>;
}

export const createMoving = (
  loader: Loader,
  { swap, beyond }: Pick<Opened, "swap" | "beyond">,
  built: BuiltIndexes | undefined,
): Moving => ({
  succeed: async (record, encoders) => {
    const { space, assemble } = await loader.beside(record, encoders);
    return {
      space,
      replace: (old, present) => {
        const next = assemble(present, null, beyond);
        swap(old, next);
        return next;
      },
    };
  },
  follow: (record) => beyond.onMoved(record),
  renewFiles: (old, next) => renewFiles(old, next, built),
});
