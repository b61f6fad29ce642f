import { createHash } from "node:crypto";
import type { AnchorId, JsonValue, Metadata } from "../types.ts";
import { toBytes } from "./float32.ts";
import type { ReceiptEntry } from "./types.ts";

/** What stands before the first receipt of a collection. */
export const FIRST_PREVIOUS = "0".repeat(64);
const HASH_BYTES = 32;

/** What of an anchor is hashed into a receipt. */
export interface AnchorContent {
  readonly caption: string | null;
  readonly metadata: Metadata;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** JSON without spaces, keys in the order of their UTF-16 code units (RFC 8785). */
export const canonicalJson = (value: JsonValue): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
};

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** sha256 of the salt and the UTF-8 of the id. */
export const hashOfId = (salt: Uint8Array, id: AnchorId): Buffer =>
  createHash("sha256").update(salt).update(id).digest();

/**
 * sha256 of the salt and the canonical JSON of `{caption, imageVector, metadata, textVector}`; the vectors are base64 of
 * their float32, little-endian, as they were given or computed.
 */
export const hashOfContent = (salt: Uint8Array, content: AnchorContent): Buffer => {
  const { caption, metadata, imageVector, textVector } = content;
  const json = canonicalJson({
    caption,
    metadata,
    imageVector: base64(imageVector),
    textVector: base64(textVector),
  });
  return createHash("sha256").update(salt).update(json).digest();
};

const base64 = (vector: Float32Array): string => Buffer.from(toBytes(vector)).toString("base64");

/** The two hashes of each anchor of a deletion: its id's and its content's. */
export const splitAnchors = (anchors: Uint8Array): { readonly id: Buffer; readonly content: Buffer }[] =>
  Array.from({ length: anchors.length / (2 * HASH_BYTES) }, (_, i) => {
    const both = Buffer.from(anchors.buffer, anchors.byteOffset + i * 2 * HASH_BYTES, 2 * HASH_BYTES);
    return { id: both.subarray(0, HASH_BYTES), content: both.subarray(HASH_BYTES) };
  });

/** sha256 of all hashes of a deletion's anchors, one after another. */
export const hashOfAnchors = (anchors: Uint8Array): string =>
  createHash("sha256").update(anchors).digest("hex");

/** sha256 of the canonical JSON of all that a receipt says, the hash of the one before included. */
export const hashOfReceipt = (collection: string, entry: Omit<ReceiptEntry, "hash">): string => {
  const { id, kind, position, sequence, at, count, salt, anchors, installation, generation, previousHash } =
    entry;
  const json = canonicalJson({
    collection,
    id,
    kind,
    position,
    sequence,
    at: at.toISOString(),
    count,
    salt: Buffer.from(salt).toString("hex"),
    anchorsHash: hashOfAnchors(anchors),
    installation,
    generation,
    previousHash,
  });
  return createHash("sha256").update(json).digest("hex");
};

/**
 * What is wrong with `entry`, which follows `before` (null: it is the first); null where nothing is. Whoever can write
 * to the database can make a whole chain anew: only a hash kept elsewhere, such as that in a deletion's answer, tells.
 */
export const faultOfReceipt = (
  collection: string,
  entry: ReceiptEntry,
  before: Pick<ReceiptEntry, "position" | "hash"> | null,
): string | null => {
  if (entry.position !== (before?.position ?? 0) + 1)
    return `a receipt is missing before number ${entry.position}`;
  if (entry.previousHash !== (before?.hash ?? FIRST_PREVIOUS))
    return `number ${entry.position} does not follow the one before`;
  if (entry.hash !== hashOfReceipt(collection, entry)) return `number ${entry.position} was changed`;
  return null;
};
