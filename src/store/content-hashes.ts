import { createHash } from "node:crypto";
import type { JsonValue, Metadata } from "../types.ts";

const sha256 = (value: string | Uint8Array): Buffer => createHash("sha256").update(value).digest();

/** SHA-256 of the bytes of an image file. */
export const hashOfImage = (bytes: Uint8Array): Uint8Array => sha256(bytes);

/** SHA-256 of a caption as UTF-8; null if there is none. */
export const hashOfCaption = (caption: string | null): Uint8Array | null =>
  caption === null ? null : sha256(caption);

/** SHA-256 of metadata as JSON with sorted keys: Postgres keeps the fields of JSON objects in an order of its own. */
export const hashOfMetadata = (metadata: Metadata): Uint8Array => sha256(JSON.stringify(sorted(metadata)));

const sorted = (value: JsonValue): JsonValue => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
};
