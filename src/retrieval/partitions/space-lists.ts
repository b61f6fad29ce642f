import type { Modality, Sequence, TransformKind } from "../../types.ts";
import type { OfferedLists } from "./kept-partitions.ts";
import type { KeptLists } from "./lists-file.ts";
import { partsOfLensKey, type Lens, type LensKey } from "../lens-types.ts";
import type { AnchorView } from "../types.ts";
import type { PartitionRecall } from "./partition-recall.ts";

/** The lists of one modality's vectors under one version of a fit, by the number of each row. */
export interface SpaceLists extends KeptLists {
  readonly modality: Modality;
  readonly transform: TransformKind;
  /** Version of the fit; 0 where nothing is fitted. */
  readonly version: number;
}

/** Lists from files, until the partitions that they are for are wanted. */
export interface WaitingLists {
  readonly put: (lists: readonly SpaceLists[], sequence: Sequence) => void;
  readonly take: (modality: Modality, transform: TransformKind, version: number) => OfferedLists | undefined;
  /** Forgets all, because slots have got other numbers. */
  readonly clear: () => void;
}

export const createWaitingLists = (): WaitingLists => {
  const waiting = new Map<string, { readonly offered: OfferedLists; readonly version: number }>();
  return {
    put: (all, sequence) => {
      for (const { modality, transform, version, lists, curve } of all)
        waiting.set(`${modality}/${transform}`, {
          offered: { lists, curve, source: "saved", sequence },
          version,
        });
    },
    take: (modality, transform, version) => {
      const key = `${modality}/${transform}`;
      const found = waiting.get(key);
      waiting.delete(key);
      return found?.version === version ? found.offered : undefined;
    },
    clear: () => waiting.clear(),
  };
};

/** The lists of all partitions that are ready, by the number of each live slot of a view in order. */
export const listsOf = (
  lenses: ReadonlyMap<LensKey, Lens>,
  view: AnchorView,
  recall: PartitionRecall,
): SpaceLists[] =>
  [...lenses].flatMap(([key, lens]): SpaceLists[] => {
    const found = lens.lists(view);
    if (found === undefined) return [];
    const [modality, transform] = partsOfLensKey(key);
    const { index, lists } = found;
    return [{ modality, transform, version: lens.version(), lists, curve: recall.last(index) }];
  });

/** Differs where {@link listsOf} would return other lists, but for what was written meanwhile; empty where there are none. */
export const listsMarkOf = (lenses: ReadonlyMap<LensKey, Lens>, recall: PartitionRecall): string =>
  [...lenses]
    .flatMap(([key, lens]) => {
      const index = lens.partitions();
      if (index === undefined) return [];
      return [`${key} ${lens.version()} ${index.builds()} ${recall.last(index) !== null}`];
    })
    .join();
