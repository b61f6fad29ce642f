import { createTurns } from "../../../math/slices.ts";
import { once, type Scene } from "../scene/index.ts";
import type { Generator } from "../types.ts";
import { captionsNear, type NearestSettings } from "./store.ts";
import { newTexts, proposalWords } from "./texts.ts";

export interface PhrasesSettings extends NearestSettings {
  /** Words of a phrase at most; absent: 3. */
  readonly words?: number;
}

const NEAREST = 50;
const WORDS = 3;

/**
 * Runs of words out of the captions of the nearest anchors: those first that more of these captions have than so many
 * of all captions would (the logarithm of the ratio, times how many have it).
 */
export const createPhrasesGenerator = (
  scene: Scene,
  { name = "phrases", k = NEAREST, words = WORDS }: PhrasesSettings = {},
): Generator => {
  const ranked = once(async () => rank(scene, await captionsNear(scene, k), words));
  return { name, propose: async (state, count) => newTexts(await ranked(), state, count) };
};

/** Captions that are looked through for what is usual. */
const SAMPLE = 2_000;
/** Distinct phrases, those of the nearest captions first. */
const MOST = 200_000;

const rank = async (scene: Scene, captions: readonly string[], words: number): Promise<string[]> => {
  const turn = createTurns();
  const found = new Map<string, number>();
  for (const caption of captions) {
    await turn();
    for (const phrase of phrasesOf(caption, words)) {
      const known = found.get(phrase) ?? 0;
      if (known > 0 || found.size < MOST) found.set(phrase, known + 1);
    }
  }
  const usual = await usualOf(scene, words, found, turn);
  const worth = (phrase: string, count: number): number => {
    const here = count / captions.length;
    const elsewhere = ((usual.counts.get(phrase) ?? 0) + 1) / (usual.captions + 1);
    return count * Math.log(here / elsewhere);
  };
  return [...found]
    .map(([phrase, count]) => ({ phrase, worth: worth(phrase, count) }))
    .sort((a, b) => b.worth - a.worth || b.phrase.length - a.phrase.length)
    .map(({ phrase }) => phrase);
};

/** How many of all captions have each of the phrases. */
const usualOf = async (
  scene: Scene,
  words: number,
  phrases: ReadonlyMap<string, number>,
  turn: () => Promise<void>,
): Promise<{ readonly captions: number; readonly counts: ReadonlyMap<string, number> }> => {
  const slots = scene.slots();
  const step = Math.max(1, Math.floor(slots.length / SAMPLE));
  const counts = new Map<string, number>();
  let captions = 0;
  for (let i = 0; i < slots.length; i += step) {
    const { caption } = scene.view.entry(slots[i] ?? 0);
    if (caption === null) continue;
    await turn();
    captions++;
    for (const phrase of phrasesOf(caption, words))
      if (phrases.has(phrase)) counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
  }
  return { captions, counts };
};

/** Each once, in lower case. */
const phrasesOf = (caption: string, most: number): Set<string> => {
  const words = proposalWords(caption.toLowerCase());
  const phrases = new Set<string>();
  for (let length = 1; length <= most; length++)
    for (let at = 0; at + length <= words.length; at++) phrases.add(words.slice(at, at + length).join(" "));
  return phrases;
};
