import { openAnchorSpace, type AnchorView, type SpaceChange } from "../../src/retrieval/index.ts";
import type { Modality, Sequence } from "../../src/types.ts";
import { idOf, IMAGE_DIMENSION, TEXT_DIMENSION, upsertsOf } from "../support/anchor-space.ts";
import type { NaiveAnchor } from "../support/naive-asif.ts";

/** A space, and a way of writing that numbers its writes. */
export const opened = async (dimensions = { image: IMAGE_DIMENSION, text: TEXT_DIMENSION }) => {
  const space = await openAnchorSpace({
    imageDimension: dimensions.image,
    textDimension: dimensions.text,
    transform: "none",
  });
  let sequence = 0;
  const write = (upserts: readonly NaiveAnchor[], deletes: readonly string[] = []): void =>
    space.apply({
      sequence: ++sequence as Sequence,
      upserts: upsertsOf(upserts),
      deletes: deletes.map(idOf),
    } satisfies SpaceChange);
  return { space, write };
};

/** The nearest anchors by id, -0 as 0. */
export const nearest = async (
  view: AnchorView,
  modality: Modality,
  query: readonly number[],
  k: number,
  allow?: Uint8Array,
): Promise<{ id: string; score: number }[]> => {
  const { neighbours } = await view.search(modality, Float32Array.from(query), {
    k,
    transform: "none",
    ...(allow === undefined ? {} : { allow }),
  });
  return Array.from({ length: neighbours.counts[0] ?? 0 }, (_, i) => ({
    id: view.entry(neighbours.slots[i] ?? -1).id,
    score: (neighbours.scores[i] ?? NaN) + 0,
  }));
};
