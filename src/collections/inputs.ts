import type { Input } from "../api/inputs.ts";
import { invalidField, type FieldPath } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { EncoderRecord } from "../store/index.ts";
import type { AnchorId, Modality } from "../types.ts";
import { readVector, type Encodable, type Encoding } from "./encoding.ts";

/** An input and where it stands; a text may stand elsewhere than under `text` of that, such as in a class's name. */
export type InputAt = Encodable<Input> & { readonly textPath?: FieldPath };

/**
 * The vectors of `inputs` in one modality, `[n, d]` row-major: encoded, given, or those of stored anchors.
 *
 * @throws AnchorageError `invalid-input` where an input is of the other modality or cannot be used; paths start with
 * that of the input.
 */
export const resolveInputs = async (
  inputs: readonly InputAt[],
  modality: Modality,
  encoder: EncoderRecord,
  view: AnchorView,
  encoding: Encoding,
): Promise<Float32Array> => {
  const d = encoder.dimension;
  const rows = new Float32Array(inputs.length * d);
  const texts: (Encodable<string> & { row: number })[] = [];
  const images: (Encodable<Uint8Array> & { row: number })[] = [];
  inputs.forEach(({ value: input, path, textPath = [...path, "text"] }, row) => {
    if ("text" in input) {
      if (modality !== "text")
        throw invalidField(path, "an image, a vector or an anchor is expected here, not a text");
      texts.push({ value: input.text, path: textPath, row });
    } else if ("image" in input) {
      if (modality !== "image")
        throw invalidField(path, "a text, a vector or an anchor is expected here, not an image");
      images.push({ value: input.image, path: [...path, "image"], row });
    } else {
      checkModality(input.modality, modality, path);
      const vector =
        "vector" in input
          ? readVector(input.vector, d, [...path, "vector"])
          : storedVector(view, modality, input.anchor, [...path, "anchor"]);
      rows.set(vector, row * d);
    }
  });
  const [textRows, imageRows] = await Promise.all([
    encoding.texts(encoder, texts),
    encoding.images(encoder, images),
  ]);
  texts.forEach(({ row }, i) => rows.set(textRows.subarray(i * d, (i + 1) * d), row * d));
  images.forEach(({ row }, i) => rows.set(imageRows.subarray(i * d, (i + 1) * d), row * d));
  return rows;
};

/** The modality that a single query is in: by its kind, or as it says. */
export const modalityOf = (input: Input, otherwise: Modality | undefined, path: FieldPath): Modality => {
  if ("text" in input) return "text";
  if ("image" in input) return "image";
  const named = input.modality ?? otherwise;
  if (named !== undefined) return named;
  throw invalidField(
    [...path, "modality"],
    `is required: say whether the vector is of an "image" or of a "text"`,
  );
};

const storedVector = (view: AnchorView, modality: Modality, id: AnchorId, path: FieldPath): Float32Array => {
  const slot = view.slotOf(id);
  if (slot === undefined) throw invalidField(path, `there is no anchor "${id}" in this collection`);
  return view.vectors(modality, [slot]);
};

const checkModality = (named: Modality | undefined, expected: Modality, path: FieldPath): void => {
  if (named === undefined || named === expected) return;
  throw invalidField(
    [...path, "modality"],
    `is "${named}", but a vector of modality "${expected}" is expected here`,
  );
};
