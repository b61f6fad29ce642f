import { createHmac } from "node:crypto";
import pLimit from "p-limit";
import { hashOfPicture } from "../encoders/index.ts";
import { AnchorageError } from "../errors.ts";
import {
  ensureSecret,
  findForbidden,
  readFingerprinted,
  type AnchorWrite,
  type CollectionRecord,
  type Database,
  type Fingerprint,
  type FingerprintedContent,
  type Queries,
} from "../store/index.ts";
import type { AnchorId } from "../types.ts";

const READ_AT_ONCE = 250;
const HASHED_AT_ONCE = 2;
const BITS = 64;

/** The fingerprints of stored anchors, by their ids, for a deletion after which they must not come back. */
export const fingerprintsOf = async (
  queries: Queries,
  collection: CollectionRecord,
  ids: readonly AnchorId[],
): Promise<Map<AnchorId, Fingerprint>> => {
  const secret = await ensureSecret(queries, collection);
  const found = new Map<AnchorId, Fingerprint>();
  for (let first = 0; first < ids.length; first += READ_AT_ONCE) {
    const contents = await readFingerprinted(queries, collection, ids.slice(first, first + READ_AT_ONCE));
    const fingerprints = await fingerprintAll(secret, contents);
    contents.forEach(({ id }, i) => {
      const fingerprint = fingerprints[i];
      if (fingerprint !== undefined) found.set(id, fingerprint);
    });
  }
  return found;
};

/**
 * Refuses anchors that were deleted with `neverAgain`.
 *
 * @param secret of the collection, which has one since the first such deletion
 * @throws AnchorageError `invalid-input` with a fault for each of them, which names the receipt of the deletion
 */
export const refuseForbidden = async (
  database: Database,
  collection: CollectionRecord,
  secret: Uint8Array,
  writes: readonly AnchorWrite[],
): Promise<void> => {
  const contents = writes.map(({ id, caption, image, imageHash, imageVector }) => ({
    ...{ id, caption, imageHash: imageHash ?? null, thumbnail: image?.bytes ?? null },
    imageVector: new Uint8Array(imageVector.buffer, imageVector.byteOffset, imageVector.byteLength),
  }));
  const receipts = await findForbidden(database, collection, await fingerprintAll(secret, contents));
  if (receipts.size === 0) return;
  const faults = Array.from(receipts, ([at, receipt]) => ({
    path: ["anchors", at, "image"],
    message: `must not be stored again: it was deleted for good with the receipt ${receipt}`,
  }));
  const ids = faults.map(({ path: [, at] }) => `"${writes[Number(at)]?.id ?? ""}"`).join(", ");
  throw new AnchorageError("invalid-input", `${ids}: ${faults[0]?.message ?? ""}`, { faults });
};

const fingerprintAll = (
  secret: Uint8Array,
  contents: readonly FingerprintedContent[],
): Promise<Fingerprint[]> => {
  const limit = pLimit(HASHED_AT_ONCE);
  const mask = maskOf(secret);
  return Promise.all(
    contents.map(({ caption, imageHash, thumbnail, imageVector }) =>
      limit(async () => {
        const picture = thumbnail === null ? null : await hashOfPicture(thumbnail);
        return {
          image:
            imageHash !== null
              ? keyed(secret, "image", imageHash)
              : thumbnail === null
                ? keyed(secret, "vector", imageVector)
                : null,
          picture: picture === null ? null : mask(picture),
          caption: caption === null ? null : keyed(secret, "caption", caption),
        };
      }),
    ),
  );
};

const keyed = (secret: Uint8Array, kind: string, content: string | Uint8Array): Buffer =>
  createHmac("sha256", secret).update(`${kind}\0`).update(content).digest();

/** Moves the bits of a hash and inverts some, as the secret says; this keeps the number of bits that two differ in. */
const maskOf = (secret: Uint8Array): ((hash: bigint) => bigint) => {
  const order = Array.from({ length: BITS }, (_, bit) => ({ bit, rank: keyed(secret, "bit", String(bit)) }))
    .sort((a, b) => Buffer.compare(a.rank, b.rank))
    .map(({ bit }) => BigInt(bit));
  const inverted = keyed(secret, "mask", "").readBigUInt64BE();
  return (hash) => {
    const moved = order.reduce((bits, from) => (bits << 1n) | ((hash >> from) & 1n), 0n);
    return BigInt.asIntN(BITS, moved ^ inverted);
  };
};
