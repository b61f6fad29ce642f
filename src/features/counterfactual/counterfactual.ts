import type { ScoreChange, UsedFit } from "./api.ts";
import type { ClassifyResult } from "../../api/explain.ts";
import { compareIds } from "../../math/order.ts";
import { countOnes, type AnchorEntry, type AnchorView, type Look, type Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import { classificationOf, createPromptCache, scoreClasses, type PromptCache } from "../../asif/classify.ts";
import {
  asEdited,
  asRanked,
  indexAdded,
  rankNeighbours,
  withPowers,
  type Edit,
  type RankedNeighbours,
} from "./edited.ts";
import { sharedParts, type ClassRow, type ExplainableAnchors } from "../../asif/explain.ts";
import { meanRepresentations } from "../../asif/relative.ts";
import type { ClassifyInput, RelativeRepresentations } from "../../asif/types.ts";

/** Spare neighbours are searched in multiples of this number, so that cached prompts serve several edits. */
const SPARE_STEP = 64;

export interface CounterfactualInput extends ClassifyInput {
  /** One byte per slot: 1 for anchors that are removed. */
  readonly without: Uint8Array;
  /**
   * Anchors that are added, with their raw vectors, `[entries.length, d]` row-major. Existing anchors with their ids
   * must be removed.
   */
  readonly added: {
    readonly entries: readonly AnchorEntry[];
    readonly image: Float32Array;
    readonly text: Float32Array;
  };
  /** Maximum number of classes whose changes are listed. */
  readonly changes: number;
  /** The power p after the edit, if `auto` resolves to another one for that number of anchors; default: unchanged. */
  readonly pAfter?: number;
}

export interface Counterfactual {
  readonly before: ClassifyResult;
  readonly after: ClassifyResult;
  /** Whether the name of the first class changes. */
  readonly flips: boolean;
  /** The classes whose scores change the most, by absolute value; unchanged ones are not listed. */
  readonly changes: readonly ScoreChange[];
}

/** A cache of prompts' neighbours, shared by successive counterfactuals. */
export type CounterfactualCache = PromptCache<PromptRows>;

interface PromptRows {
  readonly transformed: Float32Array;
  readonly ranked: RankedNeighbours;
  readonly before: RelativeRepresentations;
}

export const createCounterfactualCache = (): CounterfactualCache =>
  createPromptCache(({ transformed, ranked, before }) => {
    // Capacity in values of 16 bytes.
    return before.slots.length + ranked.neighbours.slots.length + Math.ceil(transformed.length / 4);
  });

/**
 * Classifies twice: by the current anchors, and by the anchors after removing some and adding others, without
 * changing the collection. Without a fitted transform the second answer is bit for bit that of a collection edited in
 * this way. A fitted transform is kept, whereas an edited collection would fit it again.
 *
 * Both answers use one exact search for a few more neighbours than needed: a row that loses some neighbours takes the
 * next ones, and is searched again only if it runs out of them.
 */
export const counterfactual = async (
  view: AnchorView,
  input: CounterfactualInput,
  cache: CounterfactualCache = createCounterfactualCache(),
): Promise<{ results: Counterfactual[]; fits: Readonly<Record<Modality, UsedFit>> }> => {
  const { images, prompts, classes, ensemble, without, added, settings } = input;
  const settingsAfter = { ...settings, p: input.pAfter ?? settings.p };
  const allow = settings.allow ?? view.bitmap(() => true);
  const left = allow.map((bit, slot) => (without[slot] === 1 ? 0 : bit));
  const spare = spareFor(settings.k, countOnes(allow), countOnes(left));
  const [imageLook, textLook] = await Promise.all([
    view.look("image", settings.transform),
    view.look("text", settings.transform),
  ]);
  const edited = { ...withAdded(view, added.entries), slotCount: view.slotCount + added.entries.length };
  const editOf = async (look: Look, vectors: Float32Array): Promise<Edit> => {
    const index = indexAdded(added.entries, await look.show(vectors));
    return { without, left, slotCount: view.slotCount, ...(index === undefined ? {} : { added: index }) };
  };
  const sizes = classes.map((entry) => entry.prompts);
  const combined = (rows: RelativeRepresentations): RelativeRepresentations =>
    ensemble === "mean" ? meanRepresentations(rows, sizes, edited.slotCount) : rows;
  const rowsOf = async (look: Look, queries: Float32Array): Promise<PromptRows> => {
    const transformed = await look.show(queries);
    const ranked = await rankNeighbours(look, transformed, allow, settings, spare);
    return { transformed, ranked, before: asRanked(ranked, settings) };
  };
  const afterwards = async (look: Look, { transformed, ranked }: PromptRows, vectors: Float32Array) =>
    asEdited(
      look,
      transformed,
      settingsAfter.p === settings.p ? ranked : withPowers(ranked, settingsAfter),
      await editOf(look, vectors),
      settingsAfter,
      (slot) => edited.entry(slot).id,
    );

  const form = [ensemble === "mean" ? sizes.join() : "", spare, textLook.transformVersion].join(" ");
  const [imageRows, textRows] = await Promise.all([
    rowsOf(imageLook, images),
    cache.get(view, settings, prompts, form, async () => {
      const rows = await rowsOf(textLook, prompts);
      return { ...rows, before: combined(rows.before) };
    }),
  ]);
  const [imagesAfter, textsAfter] = await Promise.all([
    afterwards(imageLook, imageRows, added.image),
    afterwards(textLook, textRows, added.text).then(combined),
  ]);

  const scoredBefore: ClassRow[][] = [];
  await scoreClasses(imageRows.before, textRows.before, view.slotCount, input, (_, scored) =>
    scoredBefore.push(scored),
  );
  const results: Counterfactual[] = [];
  const partsBefore = sharedParts(imageRows.before, textRows.before, view.slotCount);
  const partsAfter = sharedParts(imagesAfter, textsAfter, edited.slotCount);
  await scoreClasses(imagesAfter, textsAfter, edited.slotCount, input, (image, scored) => {
    const old = scoredBefore[image] ?? [];
    const changes = changesOf(old, scored).slice(0, input.changes);
    const before = classificationOf(view, partsBefore(image), old, input);
    const after = classificationOf(edited, partsAfter(image), scored, input);
    results.push({ before, after, flips: before.classes[0]?.name !== after.classes[0]?.name, changes });
  });
  return { results, fits: { image: usedFit(imageLook), text: usedFit(textLook) } };
};

/** Twice the number that a row loses if the removed anchors are spread evenly, plus a margin. */
const spareFor = (k: number, before: number, after: number): number => {
  const expected = 2 * Math.ceil((Math.min(k, before) * (before - after)) / Math.max(1, before));
  return Math.ceil((expected + SPARE_STEP / 2) / SPARE_STEP) * SPARE_STEP;
};

const withAdded = (view: AnchorView, added: readonly AnchorEntry[]): ExplainableAnchors => {
  const entry = (slot: Slot): AnchorEntry =>
    slot < view.slotCount ? view.entry(slot) : (added[slot - view.slotCount] ?? view.entry(slot));
  return { entry, compare: (a, b) => compareIds(entry(a).id, entry(b).id) };
};

const changesOf = (before: readonly ClassRow[], after: readonly ClassRow[]): ScoreChange[] =>
  before
    .map(({ name, score }, i): ScoreChange => {
      const then = after[i]?.score ?? 0;
      return { name, before: score, after: then, change: then - score };
    })
    .filter(({ change }) => change !== 0)
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));

export const usedFit = ({ transform, transformVersion, transformSequence }: Look): UsedFit => ({
  transform,
  transformVersion,
  transformSequence,
});
