import { collection as collectionSchema, type CollectionInfo } from "../../api/collections.ts";
import { anchorId } from "../../api/values.ts";
import type { CoreCollectionClient } from "../../client/index.ts";
import { AnchorageError } from "../../errors.ts";
import { openAnchorSpace, type AnchorSpace } from "../../retrieval/index.ts";
import type { Sequence } from "../../types.ts";
import type { LoadOptions, LoadedCollection } from "./types.ts";

const ATTEMPTS = 3;
const ANCHORS_A_PAGE = 1_000;

/** The collection to read. */
export type RemoteCollection = Pick<CoreCollectionClient, "get" | "listAnchors">;

/**
 * Reads a collection of a service at one sequence. If it changes while it is read, reads it again.
 *
 * @throws AnchorageError `not-found`, `conflict` if it changes during every attempt, `cancelled` if the signal aborts
 */
export const readFromService = async (
  source: RemoteCollection,
  options: LoadOptions,
): Promise<LoadedCollection> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const info = collectionSchema.parse(await source.get());
    const space = await readOnce(source, info, options);
    const { sequence } = await source.get();
    if (space === null || sequence !== info.sequence) continue;
    const { name, createdAt, encoders, transform } = info;
    space.apply({ sequence: info.sequence, upserts: [], deletes: [] });
    return {
      collection: { name, createdAt: createdAt.toISOString() },
      encoders,
      transform,
      view: space.view(),
      isAlone: false,
    };
  }
  throw new AnchorageError("conflict", "the collection was changed each time it was read; try again");
};

/** Null if the number of anchors differs from what the collection said. */
const readOnce = async (
  source: RemoteCollection,
  { anchorCount, encoders, transform }: CollectionInfo,
  { signal, onProgress }: LoadOptions,
): Promise<AnchorSpace | null> => {
  const space = await openAnchorSpace({
    imageDimension: encoders.image.dimension,
    textDimension: encoders.text.dimension,
    transform,
  });
  let done = 0;
  for await (const { id, text, imageVector, textVector } of source.listAnchors({
    vectors: true,
    pageSize: ANCHORS_A_PAGE,
  })) {
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; no file was changed");
    const vectors = {
      imageVector: Float32Array.from(imageVector ?? []),
      textVector: Float32Array.from(textVector ?? []),
    };
    // An index does not need metadata.
    const upserts = [{ id: anchorId.parse(id), caption: text, metadata: {}, ...vectors }];
    space.apply({ sequence: 0 as Sequence, upserts, deletes: [] });
    onProgress(++done, anchorCount);
  }
  return done === anchorCount ? space : null;
};
