import type { EncoderRegistry } from "../../encoders/index.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import {
  type CollectionRecord,
  type EncoderRecord,
  type MadeVector,
  type Store,
  type VectorSource,
  addVectors,
} from "../../store/index.ts";
import type { AnchorId } from "../../types.ts";
import { withoutVector } from "./sources.ts";

/** Number of anchors encoded between two writes. */
const AT_ONCE = 64;
/** Maximum number of ids in an error. */
export const NAMED = 10;

/**
 * Encodes stored anchors: their captions, or the kept copies of their images.
 *
 * @throws AnchorageError `unprocessable` that names anchors without one, or one whose image cannot be decoded
 */
export const makeVectors = async (
  registry: EncoderRegistry,
  encoder: EncoderRecord,
  sources: readonly VectorSource[],
): Promise<MadeVector[]> => {
  const isImage = encoder.modality === "image";
  const images = sources.flatMap(({ image }) => (image === null ? [] : [image]));
  const captions = sources.flatMap(({ caption }) => (caption === null ? [] : [caption]));
  if ((isImage ? images : captions).length < sources.length) {
    const without = sources.filter(({ image, caption }) => (isImage ? image : caption) === null);
    throw cannotEncode(
      isImage ? "image" : "text",
      without.length,
      without.map(({ id }) => id),
    );
  }
  try {
    const rows = isImage
      ? await registry.encodeImages(encoder.id, images)
      : await registry.encodeTexts(encoder.id, captions);
    const d = encoder.dimension;
    return sources.map(({ key }, i) => ({ key, vector: rows.slice(i * d, (i + 1) * d) }));
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "invalid-input") throw error;
    const id = sources[Number(error.faults[0]?.path[0])]?.id ?? "";
    throw new AnchorageError("unprocessable", `Anchor "${id}": ${error.message}`, { cause: error });
  }
};

/** The error for anchors that lack the input of a vector. */
export const cannotEncode = (
  modality: "image" | "text",
  count: number,
  ids: readonly AnchorId[],
): AnchorageError => {
  const what = modality === "image" ? "stored image" : "caption";
  const named = ids.slice(0, NAMED).map((id) => `"${id}"`);
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  const message = `${count} ${count === 1 ? "anchor has" : "anchors have"} no ${what} to encode: ${named.join(", ")}${more}`;
  return new AnchorageError("unprocessable", message, {
    faults: [{ path: [`${modality}Encoder`], message }],
  });
};

/**
 * Computes a vector of `encoder` for every anchor of a collection, in addition to existing ones.
 *
 * @param onMade receives the number of new vectors
 */
export const fillVectors = async (
  store: Store,
  registry: EncoderRegistry,
  record: CollectionRecord,
  encoder: EncoderRecord,
  { signal, onMade }: { readonly signal: AbortSignal; readonly onMade: (count: number) => void },
): Promise<void> => {
  for (let after = 0; ;) {
    signal.throwIfAborted();
    const sources = await store.query((queries) =>
      withoutVector(queries, record, encoder, { after, limit: AT_ONCE }),
    );
    const last = sources.at(-1);
    if (last === undefined) return;
    await addVectors(store, record, encoder, await makeVectors(registry, encoder, sources));
    onMade(sources.length);
    after = last.key;
  }
};
