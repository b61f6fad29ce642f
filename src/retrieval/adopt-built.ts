import type { AdoptedIndexes, Drift } from "../api/indexes.ts";
import { AnchorageError } from "../errors.ts";
import type { Modality, TransformKind } from "../types.ts";
import { listsBySlot, matchAnchors, whyOutdated, type BuiltIndex, type Matched } from "./adoption.ts";
import type { HnswIndex } from "./hnsw.ts";
import type { Lens } from "./lens-types.ts";
import type { RecallCurve } from "./recall.ts";
import type { AnchorView, Changes } from "./types.ts";

const MODALITIES = ["image", "text"] as const;

/** The memory that takes over a built index, at one moment. */
export interface AdoptingSpace {
  readonly view: AnchorView;
  readonly changes: Changes;
  readonly lensOf: (modality: Modality, kind: TransformKind) => Lens;
  /** Receives the recall of a graph that was measured when it was built. */
  readonly tell: (graph: HnswIndex, curve: RecallCurve) => void;
}

/**
 * Takes over the indexes and fits of `build-index`.
 *
 * @throws AnchorageError `conflict` where too much has changed since
 */
export const adoptBuilt = async (
  built: BuiltIndex,
  { view, changes, lensOf, tell }: AdoptingSpace,
): Promise<AdoptedIndexes> => {
  const matched = {
    image: await matchAnchors(view, built.anchors, "image"),
    text: await matchAnchors(view, built.anchors, "text"),
  };
  const count = built.anchors.ids.length;
  for (const modality of MODALITIES) {
    const outdated = whyOutdated(built.modalities[modality].kind, count, matched[modality]);
    if (outdated !== null) throw new AnchorageError("conflict", `Build the index anew: ${outdated}.`);
  }
  for (const modality of MODALITIES) {
    const made = built.modalities[modality];
    const { slots, missing, gone, added } = matched[modality];
    const { slotCount } = view;
    const lens = lensOf(modality, made.kind);
    // As if the fit had been made here, so that it becomes outdated at the same time.
    const then = { total: changes.total - gone - added, removals: changes.removals - gone };
    if ("lists" in made) {
      await lens.adoptLists({ ...made, lists: listsBySlot(made.lists, slots, slotCount) }, view, then);
      continue;
    }
    const graph = { graph: made.graph, slots, missing, slotCount };
    const hnsw = await lens.adopt({ ...made, graph }, view, then);
    if (made.curve !== null) tell(hnsw, made.curve);
  }
  const driftOf = ({ gone, added }: Matched): Drift => ({ gone, added });
  return { sequence: built.sequence, image: driftOf(matched.image), text: driftOf(matched.text) };
};
