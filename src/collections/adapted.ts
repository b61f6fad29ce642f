import type { Input } from "../api/inputs.ts";
import type { ClassifyRequest } from "../api/queries.ts";
import type { Transform } from "../api/transforms.ts";
import { invalidField } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import type { CollectionRecord } from "../store/index.ts";
import type { Encodable } from "./encoding.ts";

/** The anchors that images are aligned with. */
interface Adaptable {
  readonly record: CollectionRecord;
  readonly view: AnchorView;
}

/**
 * Aligns raw image vectors, `[n, d]`, with a collection's anchors by an adaptation.
 *
 * @throws AnchorageError `not-found` without the adaptation, `conflict` if it is stale, `unprocessable` if the request
 * asks for another transform than the collection's
 */
export type AdaptImages = (
  queried: Adaptable,
  asked: { readonly adaptation: string; readonly transform?: Transform },
  images: Float32Array,
) => Promise<Float32Array>;

/**
 * Image vectors as the adaptation of a request changes them; as they are where it names none.
 *
 * @throws AnchorageError `invalid-input` if an input is a stored anchor, and as {@link AdaptImages} does
 */
export const adapt = async (
  queried: Adaptable & { readonly adaptImages?: AdaptImages | undefined },
  { adaptation, transform }: Pick<ClassifyRequest, "adaptation" | "transform">,
  inputs: readonly Encodable<Input>[],
  vectors: Float32Array,
): Promise<Float32Array> => {
  if (adaptation === undefined) return vectors;
  const anchor = inputs.find(({ value }) => "anchor" in value);
  if (anchor !== undefined)
    throw invalidField(anchor.path, "is an anchor, whose image needs no alignment; give images or vectors");
  if (queried.adaptImages === undefined) throw invalidField(["adaptation"], "there are no adaptations here");
  const asked = { adaptation, ...(transform === undefined ? {} : { transform }) };
  return queried.adaptImages(queried, asked, vectors);
};
