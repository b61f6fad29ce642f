import type { CollectionsClient, FilterBody, StoredAnchorBody } from "../../client/index.ts";
import { AnchorageError } from "../../errors.ts";
import type { AnchorParts } from "../importing/index.ts";

/** Anchors of a page; their vectors and this many images are in memory at a time. */
const PAGE = 200;
const IMAGES_AT_ONCE = 8;

/** An anchor as it is exported. Its image is the original where it is kept, else the thumbnail. */
export interface OutgoingAnchor extends AnchorParts {
  /** Of the image; empty where there is none. */
  readonly mediaType: string;
}

export interface Outgoing {
  readonly filter: FilterBody | undefined;
  readonly images: boolean;
  readonly vectors: boolean;
  readonly signal: AbortSignal;
}

/**
 * The anchors of a collection in id order, with their images.
 *
 * @throws AnchorageError `cancelled` once the signal is aborted
 */
export async function* outgoingAnchors(
  collection: ReturnType<CollectionsClient["collection"]>,
  { filter, images, vectors, signal }: Outgoing,
): AsyncGenerator<OutgoingAnchor, void> {
  const load = async (anchor: StoredAnchorBody): Promise<OutgoingAnchor> => {
    const { id, text, metadata, hasImage, imageVector, textVector } = anchor;
    const blob = images && hasImage ? await collection.getImage(id, { size: "original" }) : null;
    return {
      ...{ id, text, metadata },
      image: blob === null ? null : new Uint8Array(await blob.arrayBuffer()),
      mediaType: blob?.type ?? "",
      imageVector: numbersOf(imageVector),
      textVector: numbersOf(textVector),
    };
  };
  let group: StoredAnchorBody[] = [];
  const stored = collection.listAnchors({
    vectors,
    pageSize: PAGE,
    ...(filter === undefined ? {} : { filter }),
  });
  for await (const anchor of stored) {
    if (signal.aborted) throw new AnchorageError("cancelled", "The export was stopped; nothing is written.");
    if (group.push(anchor) < IMAGES_AT_ONCE) continue;
    yield* await Promise.all(group.map(load));
    group = [];
  }
  yield* await Promise.all(group.map(load));
}

const numbersOf = (vector: StoredAnchorBody["imageVector"]): Float32Array | null => {
  if (vector === undefined) return null;
  if (typeof vector !== "string") return Float32Array.from(vector);
  return new Float32Array(new Uint8Array(Buffer.from(vector, "base64")).buffer);
};
