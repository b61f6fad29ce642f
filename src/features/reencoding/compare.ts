import { createFoldMemories, dealFolds, type Dealing, type Fold } from "../../asif/index.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import { ask, measure, openFold, sumRanks, trialOf, type Choice, type TuneContext } from "../tuning/index.ts";
import type { Evaluation } from "./api.ts";

/** The result of comparing both views. */
type Comparison = Omit<Evaluation, "better" | "tookMs">;

/**
 * Compares two views of the same anchors by cross-validation: captions are held out with all their anchors, and each
 * image is classified among the captions of its fold. Both views get the same questions and settings.
 *
 * @throws AnchorageError `unprocessable` if there are fewer than 20 captions; the signal's reason if it aborts
 */
export const compareViews = async (
  views: { readonly before: AnchorView; readonly after: AnchorView },
  choice: Choice,
  dealing: Omit<Dealing, "by">,
  { signal, progress, plugs }: TuneContext,
): Promise<Comparison> => {
  const { before, after } = views;
  const shared = after.liveSlots().filter((slot) => {
    const { id, caption } = after.entry(slot);
    const other = before.slotOf(id);
    return other !== undefined && before.entry(other).caption === caption;
  });
  const folds = dealFolds({ ...after, liveSlots: () => shared }, dealing);
  const ensembles = folds.some(({ sizes }) => sizes.some((size) => size > 1));
  const trial = trialOf(choice, ensembles);
  const ranks: Record<"before" | "after", Float64Array[]> = { before: [], after: [] };
  const memories = { before: createFoldMemories(before), after: createFoldMemories(after) };
  const slotsOf = {
    before: (slot: Slot) => before.slotOf(after.entry(slot).id) ?? -1,
    after: (slot: Slot) => slot,
  };
  try {
    for (const [i, dealt] of folds.entries()) {
      for (const side of ["before", "after"] as const) {
        signal.throwIfAborted();
        const fold = movedTo(dealt, slotsOf[side]);
        const memory = await memories[side].open(fold);
        ranks[side].push(await ask(openFold(views[side], fold, memory, plugs), trial, choice));
      }
      progress(i + 1, folds.length);
    }
  } finally {
    memories.before.close();
    memories.after.close();
  }
  return {
    sequence: after.sequence,
    anchors: shared.length,
    folds: folds.length,
    questions: folds.reduce((sum, { images }) => sum + images.length, 0),
    classes: folds[0]?.sizes.length ?? 0,
    seed: dealing.seed,
    settings: choice,
    before: measure(ranks.before.map(sumRanks)),
    after: measure(ranks.after.map(sumRanks)),
  };
};

/** Maps a fold to the slots of another view. */
const movedTo = (fold: Fold, slotOf: (slot: Slot) => Slot): Fold => ({
  ...fold,
  memory: fold.memory.map(slotOf),
  images: fold.images.map(slotOf),
  prompts: fold.prompts.map(slotOf),
});
