import type { Database } from "../../../store/index.ts";
import type { Collections } from "../../../collections/index.ts";
import { type CollectionRecord, findAnchors } from "../../../store/index.ts";
import type { AnchorId } from "../../../types.ts";
import type { ImageInput } from "./image-inputs.ts";
import type { Neighbour } from "./types.ts";

/**
 * The nearest anchors of each image by the collection's image vectors, nearest first; an anchor is not its own neighbour.
 *
 * @param vectors of each image that is no anchor, by the collection's image encoder
 */
export const neighboursOf = async (
  store: Database,
  collections: Pick<Collections, "search">,
  collection: CollectionRecord,
  imageInputs: readonly ImageInput[],
  vectors: ReadonlyMap<number, Float32Array>,
  count: number,
): Promise<Neighbour[][]> => {
  const found: Neighbour[][] = [];
  for (const [row, input] of imageInputs.entries()) {
    const own = "anchor" in input ? input.anchor : null;
    const query = own === null ? { vector: [...(vectors.get(row) ?? [])] } : { anchor: own };
    const { hits } = await collections.search(collection.name, {
      query: { ...query, modality: "image" },
      target: "image",
      mode: "unimodal",
      // The cosine of the vectors themselves, without the collection's transform.
      transform: "none",
      limit: own === null ? count : count + 1,
    });
    const nearest = hits.filter(({ id }) => id !== own).slice(0, count);
    const anchors = await findAnchors(
      store,
      collection,
      nearest.map(({ id }) => id),
    );
    const byId = new Map<AnchorId, (typeof anchors)[number]>(anchors.map((anchor) => [anchor.id, anchor]));
    found.push(
      nearest.flatMap(({ id, score, text }): Neighbour[] => {
        const anchor = byId.get(id);
        // One that went between is no one's neighbour any more.
        if (anchor === undefined) return [];
        const { imageVector, textVector } = anchor;
        return [{ id, caption: text, similarity: score, imageVector, textVector }];
      }),
    );
  }
  return found;
};
