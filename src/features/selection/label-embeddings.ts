import { findLabelVectors, addLabelVectors, type LabelVector } from "./label-vectors.ts";
import { createHash } from "node:crypto";
import type { EncoderRegistry } from "../../encoders/index.ts";
import type { EmbedTexts } from "./emms/index.ts";
import type { EncoderRecord, Store } from "../../store/index.ts";
import type { Drawn } from "./draw.ts";

const TEXTS_AT_ONCE = 64;

/**
 * Embeds the texts of labels by each of `encoders`. Those of a collection's labels are kept with it until it is
 * compacted, so that they are made once.
 */
export const labelEmbedder =
  (
    store: Store,
    registry: EncoderRegistry,
    encoders: readonly EncoderRecord[],
    of: Drawn["of"],
    signal: AbortSignal,
  ): EmbedTexts =>
  async (texts) => {
    const rows = encoders.map(({ dimension }) => new Float32Array(texts.length * dimension));
    const hashes = texts.map((text) => createHash("sha256").update(text).digest());
    for (let first = 0; first < texts.length; first += TEXTS_AT_ONCE) {
      signal.throwIfAborted();
      const last = Math.min(texts.length, first + TEXTS_AT_ONCE);
      const batch = hashes.slice(first, last);
      const kept = await Promise.all(
        encoders.map(async (encoder) =>
          of === null
            ? new Map<string, Float32Array>()
            : byHash(await findLabelVectors(store, of.collection, encoder, batch)),
        ),
      );
      const wanting = encoders.filter((_, e) => (kept[e]?.size ?? 0) < batch.length);
      const made = await registry.encodeTextsByAll(
        wanting.map(({ id }) => id),
        wanting.length === 0 ? [] : texts.slice(first, last),
      );
      for (const [e, encoder] of encoders.entries()) {
        const { dimension } = encoder;
        const own = made[wanting.indexOf(encoder)];
        const fresh: LabelVector[] = [];
        batch.forEach((hash, i) => {
          const known = kept[e]?.get(hash.toString("hex"));
          const vector =
            known ?? own?.slice(i * dimension, (i + 1) * dimension) ?? new Float32Array(dimension);
          rows[e]?.set(vector, (first + i) * dimension);
          if (known === undefined) fresh.push({ hash, vector });
        });
        if (of !== null && fresh.length > 0)
          await addLabelVectors(store, of.collection, encoder, of.sequence, fresh);
      }
    }
    return rows;
  };

const byHash = (vectors: readonly LabelVector[]): Map<string, Float32Array> =>
  new Map(vectors.map(({ hash, vector }) => [Buffer.from(hash).toString("hex"), vector]));
