import type { Input } from "../../../api/inputs.ts";
import {
  type Database,
  findVectorsByAll,
  type CollectionRecord,
  type EncoderRecord,
} from "../../../store/index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { type AnchorageError, invalidField, withItemPaths, type FieldPath } from "../../../errors.ts";
import { keepLayerVectors } from "../../../collections/layer-vectors/index.ts";
import type { AnchorId } from "../../../types.ts";
import { anchorKeys } from "../anchor-keys.ts";

/** An image that an adapter is given: a stored anchor's image, or the bytes of an image file. */
export type ImageInput = { readonly anchor: AnchorId } | { readonly image: Uint8Array };

/** @throws AnchorageError `invalid-input` that names an input with nothing to be seen in it */
export const imageInputOf = (input: Input, path: FieldPath): ImageInput => {
  if ("image" in input) return input;
  if ("anchor" in input) {
    if (input.modality === "text")
      throw invalidField([...path, "modality"], `is "text", but an adapter takes images`);
    return input;
  }
  throw invalidField(
    path,
    `an image or an anchor is expected here, not a ${"text" in input ? "text" : "vector"}`,
  );
};

/**
 * The vectors of some images by each of `encoders`, `[rows, dimension]` each. Those of anchors are the stored ones,
 * made first and kept where they are not; image files are encoded.
 *
 * @param pathOf where an image stands in the request
 * @throws AnchorageError `invalid-input` that names the input
 */
export const layerVectorsOf = async (
  store: Database,
  registry: Pick<EncoderRegistry, "encodeImagesByAll">,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  imageInputs: readonly ImageInput[],
  pathOf: (row: number) => FieldPath,
  signal: AbortSignal,
): Promise<Float32Array[]> => {
  const rows = encoders.map(({ dimension }) => new Float32Array(imageInputs.length * dimension));
  const images = imageInputs.flatMap((input, row) => ("image" in input ? [{ row, bytes: input.image }] : []));
  if (images.length > 0) {
    const made = await withItemPaths(
      (i) => [...pathOf(images[i]?.row ?? i), "image"],
      () =>
        registry.encodeImagesByAll(
          encoders.map(({ id }) => id),
          images.map(({ bytes }) => bytes),
        ),
    );
    encoders.forEach(({ dimension }, e) =>
      images.forEach(({ row }, i) =>
        rows[e]?.set(made[e]?.subarray(i * dimension, (i + 1) * dimension) ?? [], row * dimension),
      ),
    );
  }
  const anchors = imageInputs.flatMap((input, row) => ("anchor" in input ? [{ row, id: input.anchor }] : []));
  if (anchors.length > 0) {
    const keys = await keysOf(store, collection, anchors, pathOf);
    const { wanted } = keys;
    const nowhere = (): void => undefined;
    let found = await findVectorsByAll(store, encoders, wanted);
    if (found.some(({ size }) => size < wanted.length)) {
      await keepLayerVectors(store, registry, collection, encoders, wanted, { signal, onMade: nowhere });
      found = await findVectorsByAll(store, encoders, wanted);
    }
    for (const [e, encoder] of encoders.entries()) {
      for (const { row, id } of anchors) {
        const vector = found[e]?.get(keys.of.get(id) ?? -1);
        if (vector === undefined) throw gone(id, pathOf(row));
        rows[e]?.set(vector, row * encoder.dimension);
      }
    }
  }
  return rows;
};

const keysOf = async (
  store: Database,
  collection: CollectionRecord,
  anchors: readonly { readonly row: number; readonly id: AnchorId }[],
  pathOf: (row: number) => FieldPath,
) => {
  const ids = [...new Set(anchors.map(({ id }) => id))];
  const found = await anchorKeys(store, collection, ids);
  const known = new Map(found.map((anchor) => [anchor.id, anchor]));
  for (const { row, id } of anchors) {
    const anchor = known.get(id);
    const path = [...pathOf(row), "anchor"];
    if (anchor === undefined) throw invalidField(path, `there is no anchor "${id}" in this collection`);
    if (!anchor.hasImage)
      throw invalidField(path, `the anchor "${id}" has no stored image to make features of`);
  }
  return { of: new Map(found.map(({ id, key }) => [id, key])), wanted: found.map(({ key }) => key) };
};

const gone = (id: AnchorId, path: FieldPath): AnchorageError =>
  invalidField([...path, "anchor"], `the anchor "${id}" was changed or deleted meanwhile`);
