import { createRandom } from "../../../src/math/random.ts";
import { TEMPLATES, type Template, type World } from "./templates.ts";
import type { Thing } from "./things.ts";

/** Texts to learn of, and texts that are kept out of them. */
export interface Corpus {
  readonly training: readonly string[];
  /** None of them is among the others. */
  readonly validation: readonly string[];
}

export interface CorpusSettings {
  /** Lines to be learnt of; the same line may come again. */
  readonly lines: number;
  readonly validation: number;
  readonly seed: number;
}

const WORD = /[\p{L}\p{N}]+/gu;

/** Of all lines that may come about, the share that is kept for validation. */
const HELD_OUT = 0.03;

/**
 * Lines about `things` in many forms: captions, questions with their answers, and questions behind captions of what is
 * like the thing that is asked for. The same seed gives the same lines.
 */
export const makeCorpus = (things: readonly Thing[], { lines, validation, seed }: CorpusSettings): Corpus => {
  const world: World = {
    things,
    byKind: grouped(things, ({ kind }) => [kind]),
    byWord: grouped(things, ({ words }) => words),
    words: [
      ...new Set(
        things.flatMap(({ name, words }) => [name, ...words]).flatMap((text) => text.match(WORD) ?? []),
      ),
    ],
    random: createRandom(seed),
  };
  const result = { training: new Array<string>(), validation: new Set<string>() };
  const all = TEMPLATES.reduce((sum, { weight }) => sum + weight, 0);
  while (result.training.length < lines || result.validation.size < validation) {
    const thing = things[world.random.integer(things.length)];
    const template = drawn(TEMPLATES, world.random.next() * all);
    const line = thing === undefined ? undefined : template?.make(thing, world);
    if (line === undefined) continue;
    if (shareOf(line) < HELD_OUT) {
      if (result.validation.size < validation) result.validation.add(line);
    } else if (result.training.length < lines) result.training.push(line);
  }
  return { training: result.training, validation: [...result.validation] };
};

const drawn = (templates: readonly Template[], at: number): Template | undefined => {
  let left = at;
  return templates.find(({ weight }) => (left -= weight) < 0);
};

const grouped = (
  things: readonly Thing[],
  keysOf: (thing: Thing) => readonly string[],
): ReadonlyMap<string, readonly Thing[]> => {
  const groups = new Map<string, Thing[]>();
  for (const thing of things)
    for (const key of new Set(keysOf(thing))) groups.set(key, [...(groups.get(key) ?? []), thing]);
  return groups;
};

/** Where a line falls in 0 .. 1, by its characters alone (FNV-1a), so that no copy of it falls elsewhere. */
const shareOf = (line: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
  // Its low bits alone depend on the last characters.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
};
