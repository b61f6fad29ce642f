import type { Metadata } from "../../src/types.ts";
import { compareUtf8, type NaiveAnchor } from "./naive-asif.ts";

/** An anchor as it was last written, vectors as float32 holds them. */
export interface NaiveRecord extends NaiveAnchor {
  readonly caption: string | null;
  readonly metadata: Metadata;
  /** Of the write that it came with. */
  readonly sequence: number;
}

export type NaiveState = ReadonlyMap<string, NaiveRecord>;

/** A collection as a map of anchors, of which every state since its beginning is kept. */
export interface NaiveCollection {
  readonly sequence: () => number;
  readonly at: (sequence: number) => NaiveState;
  readonly put: (anchors: readonly Omit<NaiveRecord, "sequence">[]) => void;
  /** How many there were; where there was none, no sequence is taken. */
  readonly delete: (ids: readonly string[]) => number;
  /** Of every deletion that found something, in order. */
  readonly deletions: () => readonly { readonly sequence: number; readonly count: number }[];
  /** Captions that no anchor has any more at `sequence`. */
  readonly goneCaptions: (sequence: number) => readonly string[];
}

export const createNaiveCollection = (): NaiveCollection => {
  const states: NaiveState[] = [new Map()];
  const deletions: { sequence: number; count: number }[] = [];
  const written: string[] = [];

  const at = (sequence: number): NaiveState => {
    const state = states[sequence];
    if (state === undefined) throw new RangeError(`there is no sequence ${sequence} yet`);
    return state;
  };
  const sequence = (): number => states.length - 1;

  return {
    sequence,
    at,
    put: (anchors) => {
      const next = new Map(at(sequence()));
      for (const anchor of anchors) {
        next.set(anchor.id, { ...anchor, sequence: states.length });
        if (anchor.caption !== null) written.push(anchor.caption);
      }
      states.push(next);
    },
    delete: (ids) => {
      const next = new Map(at(sequence()));
      const count = ids.filter((id) => next.delete(id)).length;
      if (count === 0) return 0;
      states.push(next);
      deletions.push({ sequence: sequence(), count });
      return count;
    },
    deletions: () => deletions,
    goneCaptions: (until) => {
      const held = new Set(
        [...states.slice(until).flatMap((state) => [...state.values()])].map(({ caption }) => caption),
      );
      return written.filter((caption) => !held.has(caption));
    },
  };
};

/** In the order of ids. */
export const inIdOrder = (state: NaiveState): NaiveRecord[] =>
  [...state.values()].sort((a, b) => compareUtf8(a.id, b.id));
