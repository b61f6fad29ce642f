import type { AnchorBody } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { numbersOf } from "../../src/store/float32.ts";

export const DIMENSION = 16;

/** What an id may hold: the anchor of a version, or null for none. */
type State = number | null;

/**
 * What a store must hold, told by what it acknowledged. An id has one state, or several while it is not known whether
 * a write that was under way got through.
 */
export interface Model {
  /** To be called before a write is sent. */
  readonly sent: (ids: readonly string[], state: State) => void;
  /** To be called when it was acknowledged. */
  readonly acknowledged: (ids: readonly string[], state: State) => void;
  /** Says what is wrong with what the store holds, and takes it for what holds from now on where nothing is. */
  readonly compare: (held: ReadonlyMap<string, AnchorBody>) => string[];
}

/** Ids are `<block>.<number>`; anchors of a block can be deleted together by a filter. */
export const blockOf = (id: string): string => id.replace(/\.\d+$/, "");

/** The anchor of an id at a version: everything in it follows from the two. */
export const anchorOf = (id: string, version: number): AnchorBody => {
  const random = createRandom(version);
  const vector = (): number[] => Array.from({ length: DIMENSION }, () => Math.fround(random.next() - 0.5));
  return {
    id,
    text: `version ${version} of ${id}`,
    imageVector: vector(),
    textVector: vector(),
    metadata: { version, block: blockOf(id) },
  };
};

export const createModel = (): Model => {
  const possible = new Map<string, Set<State>>();

  const compare = (held: ReadonlyMap<string, AnchorBody>): string[] => {
    const faults: string[] = [];
    for (const id of held.keys()) if (!possible.has(id)) faults.push(`${id} is there, but was never written`);
    for (const [id, states] of possible) {
      const anchor = held.get(id);
      const state = anchor === undefined ? null : Number(anchor.metadata?.version);
      if (!states.has(state)) {
        faults.push(`${id} is ${shown(state)}, and must be ${[...states].map(shown).join(" or ")}`);
      } else if (anchor !== undefined && state !== null && !sameAs(anchor, anchorOf(id, state))) {
        faults.push(`${id} is not as version ${state} was written`);
      }
      possible.set(id, new Set([state]));
    }
    return faults;
  };

  return {
    sent: (ids, state) => {
      for (const id of ids) possible.set(id, new Set([...(possible.get(id) ?? [null]), state]));
    },
    acknowledged: (ids, state) => {
      for (const id of ids) possible.set(id, new Set([state]));
    },
    compare,
  };
};

const shown = (state: State): string => (state === null ? "absent" : `version ${state}`);

const sameAs = (held: AnchorBody, written: AnchorBody): boolean =>
  held.text === written.text &&
  held.metadata?.block === written.metadata?.block &&
  JSON.stringify(held.imageVector) === JSON.stringify(written.imageVector) &&
  JSON.stringify(held.textVector) === JSON.stringify(written.textVector);

type Vectors = "imageVector" | "textVector";

/** Ids and cosines of all anchors to a query, the most similar first. */
export const rankAll = (
  held: ReadonlyMap<string, AnchorBody>,
  query: readonly number[],
  by: Vectors = "imageVector",
): { readonly id: string; readonly score: number }[] =>
  [...held]
    .map(([id, anchor]) => ({ id, score: cosine(numbersOf(anchor[by] ?? []), query) }))
    .sort((a, b) => b.score - a.score);

const cosine = (a: readonly number[], b: readonly number[]): number => {
  let [product, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    const y = b[i] ?? 0;
    product += x * y;
    aa += x * x;
    bb += y * y;
  });
  return product / Math.sqrt(aa * bb);
};
