import type { Transform } from "../api/transforms.ts";
import { kindsFor } from "../retrieval/index.ts";
import { removeTransforms, type Store } from "../store/index.ts";
import type { OpenCollection } from "./memory.ts";

/** Fits a transform on the anchors as they are, so that the first query after a move to it need not wait. */
export const fitFirst = async (
  { space }: OpenCollection,
  transform: Transform | undefined,
): Promise<void> => {
  if (transform === undefined) return;
  const view = space.view();
  if (view.size === 0) return;
  await Promise.all([view.look("image", transform), view.look("text", transform)]);
};

/** Removes stored fits that only another setting of the collection could name. */
export const removeOtherFits = (store: Store, { record, defaults }: OpenCollection): Promise<void> =>
  removeTransforms(store, record, kindsFor(defaults().transform));
