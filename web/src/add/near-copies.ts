import { imageOf, type CollectionClient } from "../../../src/features/client.ts";
import type { Pair } from "./plan.ts";

/** From this cosine of image vectors on, two pictures are taken for copies of one another. */
const NEAR = 0.97;
/** Pictures that are looked at; each is encoded once more for it. */
export const MOST_LOOKED_AT = 200;

/** A picture that is to be added, and the stored anchor that it is nearly the same as. */
export interface NearCopy {
  readonly id: string;
  readonly of: string;
  readonly caption: string | null;
  readonly score: number;
}

/**
 * Looks for stored pictures that are nearly the same as those to be added, by their image vectors. An anchor of the same
 * id is no copy: it will be replaced.
 *
 * @throws the signal's reason if it aborts
 */
export const findNearCopies = async (
  collection: Pick<CollectionClient, "search">,
  pairs: readonly Pair[],
  signal: AbortSignal,
  onLooked: (looked: number) => void,
): Promise<readonly NearCopy[]> => {
  const found: NearCopy[] = [];
  for (const [looked, { id, file }] of pairs.slice(0, MOST_LOOKED_AT).entries()) {
    const image = imageOf(new Uint8Array(await file.arrayBuffer()));
    try {
      const { hits } = await collection.search({ query: { image }, target: "image", limit: 2 }, { signal });
      const near = hits.find((hit) => hit.id !== id && hit.score >= NEAR);
      if (near !== undefined) found.push({ id, of: near.id, caption: near.text, score: near.score });
    } catch (error) {
      // A picture that cannot be read is rejected with its reason when it is sent.
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
    }
    onLooked(looked + 1);
  }
  return found;
};
