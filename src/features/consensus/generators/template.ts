import type { Random } from "../../../math/random.ts";
import { createTurns } from "../../../math/slices.ts";
import type { Generator, Proposed, State } from "../types.ts";
import { isProposable, proposalText, textPayload } from "./texts.ts";

export interface TemplateSettings {
  readonly name?: string;
  /** With places such as `{colour}`, each of which is filled by one of its words. */
  readonly template: string;
  readonly words: Readonly<Record<string, readonly string[]>>;
}

const PLACE = /\{([^{}]+)\}/g;
/** Draws for each proposal that is wanted, until enough of them are new. */
const DRAWS = 8;

/** The places of a template, in order, each once. */
export const placesOf = (template: string): string[] => [
  ...new Set(Array.from(template.matchAll(PLACE), ([, place = ""]) => place)),
];

/**
 * Fills a template: every way where there are no more than are wanted, else ways at random; after the first round the
 * ways of survivors with one word changed.
 */
export const createTemplateGenerator = ({
  name = "template",
  template,
  words,
}: TemplateSettings): Generator => {
  const places = placesOf(template);
  const choices = places.map((place) => words[place] ?? []);
  const ways = choices.reduce((product, words) => product * words.length, 1);
  const filled = new Map<string, readonly string[]>();
  const fill = (chosen: readonly string[]): string =>
    template.replaceAll(PLACE, (_, place: string) => chosen[places.indexOf(place)] ?? "");

  /** The way of a number in the mixed base of how many words each place has. */
  const wayOf = (number: number): string[] => {
    let rest = number;
    return choices.map((words) => {
      const word = words[rest % words.length] ?? "";
      rest = Math.floor(rest / words.length);
      return word;
    });
  };
  const changed = (state: State, random: Random): { way: string[]; parents: string[] } | undefined => {
    const { survivors } = state;
    const from = survivors[random.integer(Math.max(1, survivors.length))]?.proposal;
    const known = from === undefined ? undefined : filled.get(proposalText(from) ?? "");
    if (from === undefined || known === undefined) return undefined;
    const place = random.integer(Math.max(1, places.length));
    const options = choices[place] ?? [];
    const way = known.map((word, i) =>
      i === place ? (options[random.integer(options.length)] ?? word) : word,
    );
    return { way, parents: [from.id] };
  };

  return {
    name,
    propose: async (state, count, random, signal) => {
      const made = new Map<string, Proposed>();
      const add = (way: readonly string[], parents: readonly string[] = []): void => {
        const text = fill(way);
        const payload = textPayload(text);
        filled.set(text, way);
        if (isProposable(text) && !state.has(payload)) made.set(text, { payload, parents });
      };
      const turn = createTurns(signal);
      if (ways <= count) for (let i = 0; i < ways; i++) add(wayOf(i));
      else
        for (let draw = 0; draw < DRAWS * count && made.size < count; draw++) {
          await turn();
          const { way, parents } = changed(state, random) ?? {
            way: wayOf(random.integer(ways)),
            parents: [],
          };
          add(way, parents);
        }
      return [...made.values()].slice(0, count);
    },
  };
};
