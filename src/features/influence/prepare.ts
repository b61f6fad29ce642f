import type { AnchorView, Look, Neighbours } from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import type { UsedFit } from "../counterfactual/api.ts";
import { usedFit } from "../counterfactual/counterfactual.ts";
import type { Slices } from "../../math/slices.ts";
import type { ClassifyInput } from "../../asif/types.ts";
import { candidatesOf, distinctRows } from "./candidates.ts";
import { createExactScores } from "./exact.ts";
import { createJudge } from "./judge.ts";
import { candidateNorms } from "./norms.ts";
import { productsOf } from "./products.ts";
import { NOBODY, type Answers } from "./removal.ts";
import { holdersOf, leaveOutRows } from "./rows.ts";
import { standingOf, type Tolerance } from "./standing.ts";

export interface Prepared {
  readonly answers: Answers;
  /** A number for each class; classes with the same name share it. */
  readonly names: Int32Array;
  readonly fits: Readonly<Record<Modality, UsedFit>>;
}

/** Answers every image, and keeps the data to answer it without any one anchor. */
export const prepare = async (
  view: AnchorView,
  input: Omit<ClassifyInput, "top" | "explain">,
  slices: Slices,
): Promise<Prepared> => {
  const { settings } = input;
  const { k, transform } = settings;
  const allow = settings.allow === undefined ? {} : { allow: settings.allow };
  const [imageLook, textLook] = await Promise.all([
    view.look("image", transform),
    view.look("text", transform),
  ]);
  const near = async (look: Look, queries: Float32Array): Promise<Neighbours> =>
    look.search(await look.show(queries), { k: k + 1, ...allow });
  const images = await leaveOutRows(await near(imageLook, input.images), settings, slices);
  const prompts = await near(textLook, input.prompts);
  const { rowOf, rows } = distinctRows(prompts);
  const texts = await leaveOutRows(rowsOf(prompts, rows), settings, slices);
  const candidates = candidatesOf(input, rowOf);

  // The rounding error of a sum of k products is about k units, plus a margin for the steps after it.
  const rounding = 4 * (Math.max(prompts.width, images.neighbours.width) + 16) * Number.EPSILON;
  const negative = images.hasNegative || texts.hasNegative;
  const [imageHolders, textHolders] = [holdersOf(images, view.slotCount), holdersOf(texts, view.slotCount)];
  const norms = await candidateNorms(texts, candidates, view.slotCount, rounding, slices);
  const products = await productsOf(images, texts, textHolders, view.slotCount, slices);
  const tolerance: Tolerance = (image, q, score) => {
    if (!negative) return rounding * Math.abs(score);
    const size = (candidates.offsets[q + 1] ?? 0) - (candidates.offsets[q] ?? 0);
    const norm = norms.whole[q] ?? 0;
    const weight = norm > 0 ? (size / norm) ** 2 : 1;
    return 2 * rounding * weight * ((images.norms[image] ?? 0) + Math.abs(images.nextValues[image] ?? 0));
  };
  const standing = await standingOf(images, texts, candidates, norms, products, tolerance, slices);
  const exact = createExactScores(
    images,
    texts,
    candidates,
    view.slotCount,
    settings,
    input.ensemble === "mean",
  );
  const judge = createJudge(images, texts, candidates, norms, products, standing, exact, rounding);

  const none = new Int32Array(0);
  judge.leaveOut(NOBODY, none, none);
  const winners = new Int32Array(images.count);
  const scores = new Float64Array(images.count);
  for (let i = 0; i < images.count; i++) {
    const winner = judge.judge(i, -1, 0).first;
    winners[i] = winner;
    scores[i] = (candidates.ofClass[winner] ?? []).reduce(
      (best, q) => Math.max(best, exact.score(i, q)),
      -Infinity,
    );
    if (slices.due()) await slices.rest();
  }
  return {
    answers: { judge, standing, imageHolders, textHolders, winners, scores, count: images.count },
    names: candidates.names,
    fits: { image: usedFit(imageLook), text: usedFit(textLook) },
  };
};

const rowsOf = ({ width, counts, slots, scores }: Neighbours, rows: readonly number[]): Neighbours => {
  const some = {
    width,
    counts: Int32Array.from(rows, (row) => counts[row] ?? 0),
    slots: new Int32Array(rows.length * width),
    scores: new Float32Array(rows.length * width),
  };
  rows.forEach((row, i) => {
    some.slots.set(slots.subarray(row * width, (row + 1) * width), i * width);
    some.scores.set(scores.subarray(row * width, (row + 1) * width), i * width);
  });
  return some;
};
