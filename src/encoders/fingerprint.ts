import { createHash } from "node:crypto";
import type { EncoderManifest } from "./manifest.ts";

/** Manifest fields that do not affect an encoder's vectors. */
const LABELS: ReadonlySet<string> = new Set(["version", "id", "default", "source", "licence", "layers"]);

/**
 * Computes an encoder's fingerprint: the SHA-256, in lower-case hex, of everything that determines its vectors (the
 * hashes of its files, preprocessing, tokenization and pooling). Encoders with equal fingerprints produce equal vectors.
 */
export const fingerprintOf = (manifest: EncoderManifest): string => {
  const behaviour = Object.entries(manifest).filter(([key]) => !LABELS.has(key));
  const json = JSON.stringify(Object.fromEntries(behaviour), inKeyOrder);
  return createHash("sha256").update(json).digest("hex");
};

/** JSON replacer that sorts keys, so that their order in the file does not matter. */
const inKeyOrder = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
