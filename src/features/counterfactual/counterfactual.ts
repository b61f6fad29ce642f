import type { ScoreChange, UsedFit } from "./api.ts";
import type { ClassifyResult } from "../../api/explain.ts";
import { compareIds } from "../../math/order.ts";
import { countOnes, type AnchorEntry, type AnchorView, type Look, type Slot } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import { createPromptCache, type PromptCache } from "../../asif/cache.ts";
import { classificationOf, scoreClasses } from "../../asif/classify.ts";
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

/** Spare neighbours are looked for in multiples of this, so that remembered prompts serve more than one edit. */
const SPARE_STEP = 64;

export interface CounterfactualInput extends ClassifyInput {
  /** One byte a slot, 1 for anchors that are taken away. */
  readonly without: Uint8Array;
  /** Anchors that come, with their raw vectors, `[entries.length, d]` row-major; none of their ids stays otherwise. */
  readonly added: {
    readonly entries: readonly AnchorEntry[];
    readonly image: Float32Array;
    readonly text: Float32Array;
  };
  /** How many classes' changes are listed. */
  readonly changes: number;
  /** The power p afterwards, where `auto` stands for another one with so many anchors; absent: the same. */
  readonly pAfter?: number;
}

export interface Counterfactual {
  readonly before: ClassifyResult;
  readonly after: ClassifyResult;
  /** Whether the first class has another name then. */
  readonly flips: boolean;
  /** The classes whose scores change the most, by absolute value; those that do not change are not listed. */
  readonly changes: readonly ScoreChange[];
}

/** Prompts' neighbours, to be kept from one counterfactual to the next. */
export type CounterfactualCache = PromptCache<PromptRows>;

interface PromptRows {
  readonly shown: Float32Array;
  readonly ranked: RankedNeighbours;
  readonly before: RelativeRepresentations;
}

export const createCounterfactualCache = (): CounterfactualCache =>
  createPromptCache(({ shown, ranked, before }) => {
    // In values of 16 bytes.
    return before.slots.length + ranked.neighbours.slots.length + Math.ceil(shown.length / 4);
  });

/**
 * The same classification by the anchors as they are and as they would be without some and with others, without
 * changing any: the second answer is that of a collection that was really edited, to the last bit where no transform is
 * fitted. A fitted transform stays as it is; an edited collection's would be fitted anew.
 *
 * Both answers are made from exact searches for a few more neighbours than count: a row that loses some of its own goes
 * on with the next, and only where these run out is it searched for again.
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
    const shown = await look.show(queries);
    const ranked = await rankNeighbours(look, shown, allow, settings, spare);
    return { shown, ranked, before: asRanked(ranked, settings) };
  };
  const afterwards = async (look: Look, { shown, ranked }: PromptRows, vectors: Float32Array) =>
    asEdited(
      look,
      shown,
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

/** Twice what a row loses where those that go are spread evenly, and some. */
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
