import type { AnchorChange, StoredAnchor } from "../api/anchors.ts";
import { AnchorageError, notFound } from "../errors.ts";
import { findAnchors, findImage, findOrigin, type Store } from "../store/index.ts";
import type { AnchorId } from "../types.ts";
import { checkText, type Encoding } from "./encoding.ts";
import type { OpenCollection } from "./memory.ts";

/**
 * Changes the caption or the metadata of one anchor, at a new sequence; its image and its source stay. A new caption is encoded
 * anew, except where the text encoder is external.
 *
 * @throws AnchorageError `not-found` for an id that is not there, `conflict` where the anchor was written after
 * `ifSequence`, or by another while it was changed
 */
export const changeAnchor = async (
  store: Store,
  encoding: Encoding,
  { record, upsert }: OpenCollection,
  id: AnchorId,
  change: AnchorChange,
  signal: AbortSignal | undefined,
): Promise<StoredAnchor> => {
  const [[anchor], image, original, origin] = await Promise.all([
    findAnchors(store, record, [id]),
    findImage(store, record, id),
    findImage(store, record, id, "original"),
    findOrigin(store, record, id),
  ]);
  if (anchor === undefined) throw notFound("anchor", id);
  if (change.ifSequence !== undefined && change.ifSequence !== anchor.sequence)
    throw new AnchorageError(
      "conflict",
      `Anchor "${id}" was written at sequence ${anchor.sequence} since it was read at ${change.ifSequence}.`,
    );
  const caption = change.text ?? anchor.caption;
  if (change.text !== undefined) checkText(change.text, ["text"]);
  const encode = caption !== null && caption !== anchor.caption && !record.textEncoder.external;
  const textVector = encode
    ? await encoding.texts(record.textEncoder, [{ value: caption, path: ["text"] }])
    : anchor.textVector;
  const metadata = change.metadata ?? anchor.metadata;
  const { imageVector } = anchor;
  const { sequence } = await upsert(
    [{ id, caption, metadata, image, original, ...origin, imageVector, textVector }],
    {
      expected: new Map([[id, anchor.sequence]]),
      signal,
    },
  );
  return { id, text: caption, metadata, hasImage: image !== null, sequence };
};
