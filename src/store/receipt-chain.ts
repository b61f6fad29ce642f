import { createHash } from "node:crypto";
import type { AnchorId, JsonValue, Metadata } from "../types.ts";
import { toBytes } from "./float32.ts";
import type { ReceiptEntry, ServiceReceipt } from "./types.ts";

/** The `previousHash` of a collection's first receipt. */
export const FIRST_PREVIOUS = "0".repeat(64);
const HASH_BYTES = 32;

/** The parts of an anchor that are hashed into a receipt. */
export interface HashedContent {
  readonly caption: string | null;
  readonly metadata: Metadata;
  readonly imageVector: Float32Array;
  readonly textVector: Float32Array;
}

/** JSON without whitespace, with keys sorted by UTF-16 code units (RFC 8785). */
export const canonicalJson = (value: JsonValue): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
};

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/**
 * The hash of an anchor's id in a receipt: SHA-256 of the salt followed by the id in UTF-8.
 *
 * @example
 * ```ts
 * const covers = splitAnchors(receipt.anchors).some((deleted) => deleted.id.equals(hashOfId(receipt.salt, id)));
 * ```
 */
export const hashOfId = (salt: Uint8Array, id: AnchorId): Buffer =>
  createHash("sha256").update(salt).update(id).digest();

/**
 * The hash of an anchor's content in a receipt: SHA-256 of the salt followed by the canonical JSON of
 * `{caption, imageVector, metadata, textVector}`. Vectors are base64 of their little-endian float32 bytes, as they were
 * given or computed.
 */
export const hashOfContent = (salt: Uint8Array, content: HashedContent): Buffer => {
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

/** Splits a deletion receipt's `anchors` (64 bytes per anchor) into the hashes of each id and content. */
export const splitAnchors = (anchors: Uint8Array): { readonly id: Buffer; readonly content: Buffer }[] =>
  Array.from({ length: anchors.length / (2 * HASH_BYTES) }, (_, i) => {
    const both = Buffer.from(anchors.buffer, anchors.byteOffset + i * 2 * HASH_BYTES, 2 * HASH_BYTES);
    return { id: both.subarray(0, HASH_BYTES), content: both.subarray(HASH_BYTES) };
  });

/** SHA-256, in hexadecimal, of the concatenated hashes of a receipt's anchors. */
export const hashOfAnchors = (anchors: Uint8Array): string =>
  createHash("sha256").update(anchors).digest("hex");

/** SHA-256, in hexadecimal, of the canonical JSON of a receipt, which includes the hash of the previous one. */
export const hashOfReceipt = (collection: string, entry: Omit<ReceiptEntry, "hash">): string => {
  const { id, kind, position, sequence, at, count, salt, anchors, installation, generation, previousHash } =
    entry;
  const { version, key, user, retainedBy, nodes } = entry;
  const json = canonicalJson({
    ...(version === 1 ? {} : { version, key, user, retainedBy, nodes }),
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

/** SHA-256, in hexadecimal, of the canonical JSON of the receipt of a deleted collection. */
export const hashOfServiceReceipt = ({ at, ...entry }: Omit<ServiceReceipt, "hash">): string =>
  createHash("sha256")
    .update(canonicalJson({ ...entry, at: at.toISOString() }))
    .digest("hex");

/**
 * Verifies a receipt against its predecessor. A valid chain does not exclude that the whole chain was rewritten by
 * someone with write access to the database; only a hash kept elsewhere, such as in the response to a deletion, does.
 *
 * @param before the previous receipt; null for the first
 * @returns what is wrong; null if the receipt is valid
 * @example
 * ```ts
 * let before: ReceiptEntry | null = null;
 * for (const receipt of chain) {
 *   const fault = faultOfReceipt(collection.name, receipt, before);
 *   if (fault !== null) throw new Error(fault);
 *   before = receipt;
 * }
 * ```
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
