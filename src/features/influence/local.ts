import type { AnswersWithout, InfluenceInput } from "./types.ts";
import {
  meanTexts,
  openFrame,
  openScales,
  openLocalScorer,
  rowsWithout,
  spareRows,
  widthOf,
  type Frame,
  type LocalMethod,
  type LocalTexts,
  type MemberScale,
  type SpareRows,
} from "../../asif/local/index.ts";
import { classRows } from "../../asif/classify.ts";
import { createSlices } from "../../math/slices.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import { usedFit } from "../counterfactual/counterfactual.ts";

/**
 * Answers each image by local regression, and keeps what is needed to solve the regressions anew without any anchor: the
 * next nearest comes in then. What scores are scaled by stays: an anchor that is no neighbour of an image or a prompt
 * changes nothing.
 */
export const localAnswers = async (
  view: AnchorView,
  input: InfluenceInput,
  method: LocalMethod,
): Promise<AnswersWithout> => {
  const { classes, ensemble, settings } = input;
  const slices = createSlices();
  const frame = await openFrame(view, method, settings);
  const images = await spareRows(frame, "image", input.images, slices);
  const prompts = await spareRows(frame, "text", input.prompts, slices);
  const groups = groupsOf(classes, ensemble === "mean");
  const all = rowsWithout(frame, images, [...Array(images.count).keys()], -1);
  const texts = groupsWithout(frame, prompts, groups, [...groups.keys()], -1);
  const scaleOfImage = await openScales(frame);
  const scales: MemberScale[] = [];
  for (let image = 0; image < images.count; image++) scales.push(await scaleOfImage(all, image));
  const score = openLocalScorer(view.slotCount);
  const columns = groups.length;
  const base = new Float64Array(images.count * columns);
  const winners = new Int32Array(images.count);
  const best = new Float64Array(images.count);
  const firstOf = (row: Float64Array): { readonly at: number; readonly classScores: number[] } => {
    const classScores = classRows(row, input).map((one) => one.score);
    return { at: classScores.indexOf(Math.max(...classScores)), classScores };
  };
  for (let image = 0; image < images.count; image++) {
    const row = base.subarray(image * columns, (image + 1) * columns);
    score(all, image, texts, scaleAt(scales, image), row);
    const { at, classScores } = firstOf(row);
    winners[image] = at;
    best[image] = classScores[at] ?? 0;
    if (slices.due()) await slices.rest();
  }

  const imageHolders = holdersOf(images, widthOf(frame));
  const groupHolders = holdersOf(prompts, widthOf(frame));
  const groupOf = Int32Array.from(groups.flatMap((group, at) => group.map(() => at)));
  const row = new Float64Array(columns);
  const changed = new Float64Array(columns);
  return {
    winners,
    scores: best,
    supporting: [...view.liveSlots()].filter((slot) => imageHolders.has(slot) || groupHolders.has(slot)),
    fits: { image: usedFit(frame.image), text: usedFit(frame.text) },
    withoutAnchor: (slot, onVerdict) => {
      const holding = new Set(imageHolders.get(slot) ?? []);
      const touched = [...new Set((groupHolders.get(slot) ?? []).map((prompt) => groupOf[prompt] ?? 0))];
      const others = touched.length === 0 ? undefined : groupsWithout(frame, prompts, groups, touched, slot);
      for (let image = 0; image < images.count; image++) {
        if (!holding.has(image) && others === undefined) continue;
        const scale = scaleAt(scales, image);
        const [rows, at] = holding.has(image) ? [rowsWithout(frame, images, [image], slot), 0] : [all, image];
        if (rows === all) row.set(base.subarray(image * columns, (image + 1) * columns));
        else score(rows, at, texts, scale, row);
        if (others !== undefined) {
          score(rows, at, others, scale, changed);
          touched.forEach((group, i) => (row[group] = changed[i] ?? 0));
        }
        const { at: first, classScores } = firstOf(row);
        onVerdict(image, { first, score: classScores[winners[image] ?? 0] ?? 0 });
      }
    },
  };
};

const scaleAt = (scales: readonly MemberScale[], image: number): MemberScale => {
  const scale = scales[image];
  if (scale === undefined) throw new RangeError(`there is no image ${image}`);
  return scale;
};

/** The prompts that are scored together: those of a class with `mean`, else each for itself. */
const groupsOf = (classes: InfluenceInput["classes"], isMean: boolean): number[][] => {
  let next = 0;
  return classes.flatMap(({ prompts }) => {
    const own = Array.from({ length: prompts }, () => next++);
    return isMean ? [own] : own.map((prompt) => [prompt]);
  });
};

/** Some groups of prompts without an anchor. */
const groupsWithout = (
  frame: Frame,
  prompts: SpareRows,
  groups: readonly (readonly number[])[],
  which: readonly number[],
  slot: Slot,
): LocalTexts => {
  const members = which.map((group) => groups[group] ?? []);
  const rows = rowsWithout(frame, prompts, members.flat(), slot);
  if (members.every(({ length }) => length === 1)) return rows;
  return meanTexts(
    rows,
    members.map(({ length }) => length),
    frame.view.slotCount,
  );
};

/** The rows that an anchor is among the neighbours of, the spare one aside. */
const holdersOf = ({ count, neighbours }: SpareRows, most: number): ReadonlyMap<Slot, readonly number[]> => {
  const { width, counts, slots } = neighbours;
  const holders = new Map<Slot, number[]>();
  for (let row = 0; row < count; row++) {
    for (let at = row * width; at < row * width + Math.min(most, counts[row] ?? 0); at++) {
      const slot = slots[at] ?? 0;
      const known = holders.get(slot);
      if (known === undefined) holders.set(slot, [row]);
      else known.push(row);
    }
  }
  return holders;
};
