import type { Random } from "../../../math/random.ts";
import { createTurns } from "../../../math/slices.ts";
import type { Scene } from "../scene/index.ts";
import type { Generator, Proposed } from "../types.ts";
import { captionsNear } from "./store.ts";
import { isProposable, proposalText, textPayload, proposalWords } from "./texts.ts";

export type Mutation = "add" | "drop" | "swap";

export interface MutationSettings {
  readonly name?: string;
  /** Absent: all three. */
  readonly operations?: readonly Mutation[];
  /** Keywords that are added and swapped in; absent: those of the captions of the nearest anchors. */
  readonly words?: readonly string[];
  /** Of a text, at most; absent: 12. */
  readonly longest?: number;
}

const OPERATIONS: readonly Mutation[] = ["add", "drop", "swap"];
const NEAREST = 50;
const LONGEST = 12;
const DRAWS = 8;

/** Changes a keyword of what survived: adds one, drops one, or swaps one for another. */
export const createMutationGenerator = (
  scene: Scene,
  { name = "mutation", operations = OPERATIONS, words, longest = LONGEST }: MutationSettings = {},
): Generator => {
  let own: readonly string[] | undefined = words;
  return {
    name,
    propose: async (state, count, random, signal) => {
      own ??= [
        ...new Set((await captionsNear(scene, NEAREST)).flatMap((text) => proposalWords(text.toLowerCase()))),
      ];
      const made = new Map<string, Proposed>();
      const parents = state.survivors.map(({ proposal }) => {
        const text = proposalText(proposal);
        return { id: proposal.id, words: text === undefined ? undefined : proposalWords(text) };
      });
      if (parents.length === 0) return [];
      const turn = createTurns(signal);
      for (let draw = 0; draw < DRAWS * count && made.size < count; draw++) {
        const parent = parents[random.integer(parents.length)];
        if (parent?.words === undefined) continue;
        await turn();
        const operation = operations[random.integer(operations.length)] ?? "swap";
        const changed = mutate(parent.words, operation, own, longest, random)?.join(" ");
        if (changed === undefined || !isProposable(changed)) continue;
        const payload = textPayload(changed);
        if (!state.has(payload)) made.set(changed, { payload, parents: [parent.id] });
      }
      return [...made.values()];
    },
  };
};

/** @returns undefined where it cannot be done */
const mutate = (
  words: readonly string[],
  operation: Mutation,
  keywords: readonly string[],
  longest: number,
  random: Random,
): string[] | undefined => {
  if (operation === "drop") {
    const at = random.integer(words.length);
    return words.length < 2 ? undefined : words.filter((_, i) => i !== at);
  }
  const keyword = keywords[random.integer(keywords.length)];
  if (keyword === undefined || words.includes(keyword)) return undefined;
  if (operation === "add") {
    const at = random.integer(words.length + 1);
    return words.length >= longest ? undefined : [...words.slice(0, at), keyword, ...words.slice(at)];
  }
  const at = random.integer(words.length);
  return words.length === 0 ? undefined : words.map((word, i) => (i === at ? keyword : word));
};
