import type { Modality, Sequence, TransformKind } from "../../types.ts";
import type { OfferedLists } from "./kept-partitions.ts";
import type { KeptLists } from "./lists-file.ts";

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
