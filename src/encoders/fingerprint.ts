import { createHash } from "node:crypto";
import type { EncoderManifest } from "./manifest.ts";

/** What a manifest says of an encoder that no vector depends on. */
const LABELS: ReadonlySet<string> = new Set(["version", "id", "default", "source", "licence", "layers"]);

/**
 * A sha256, in lower-case hex, over everything that decides an encoder's vectors: the hashes of its files, its
 * preprocessing, tokenization and pooling. Two folders with one fingerprint give the same vectors.
 */
export const fingerprintOf = (manifest: EncoderManifest): string => {
  const behaviour = Object.entries(manifest).filter(([key]) => !LABELS.has(key));
  const json = JSON.stringify(Object.fromEntries(behaviour), inKeyOrder);
  return createHash("sha256").update(json).digest("hex");
};

/** The order in which a file's author wrote the keys says nothing. */
const inKeyOrder = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
