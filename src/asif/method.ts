import type { Aligned, AnchorView } from "../retrieval/index.ts";
import type { AlignmentKind } from "../types.ts";
import { representAnchors, spacedSlots } from "./background.ts";
import { sumOfStandardized, type MemberScores } from "./consensus.ts";
import { linearScores } from "./linear.ts";
import { meanRepresentations, relativeRepresentations, represent } from "./relative.ts";
import { scoreAll } from "./score.ts";
import type { AsifSettings, RelativeRepresentations } from "./types.ts";

/** How images and texts are scored against each other; every one of them from the same anchors, without training. */
export const METHODS = ["asif", "csa", "orthogonal", "ridge", "asif-csa", "consensus"] as const;
export type Method = (typeof METHODS)[number];
/** What a consensus can be made of. */
export type Member = Exclude<Method, "consensus">;

/** What methods other than `asif` depend on besides. */
export interface MethodSettings {
  /** Canonical directions that `csa` and `asif-csa` compare by, the most correlated first; absent: 512. */
  readonly rank?: number;
  /** Of a consensus; absent: {@link CONSENSUS}. */
  readonly members?: readonly Member[];
}

/** Chosen, as the other numbers here, on emoji that are not reported; see the README. */
export const CONSENSUS: readonly Member[] = ["asif", "csa", "ridge", "asif-csa"];
const RANK = 512;
/** Fewer texts than these say too little of each other: a consensus measures them against captions of anchors. */
export const FEW = 32;
/**
 * The power for similarities along canonical directions, which are told apart better than those of the vectors: what is
 * best there is best for nothing else.
 */
export const CANONICAL_P = 2;

/** A fit that scores were computed by. */
export interface FitUsed {
  readonly kind: AlignmentKind;
  /** Counts the fits; 0 for one on the anchors of a filter alone, which is not stored. */
  readonly version: number;
  /** Of the anchors that were fitted on. */
  readonly sequence: number;
  readonly anchors: number;
}

export interface Scores {
  /** `[images, texts]` row-major, or a column a group of texts. */
  readonly scores: Float64Array;
  readonly fits: readonly FitUsed[];
}

export type ScoreSettings = AsifSettings & MethodSettings;

/**
 * The score of every image with every text by one method.
 *
 * - `asif`: the cosine of relative representations.
 * - `csa`: the weighted cosine of canonical directions.
 * - `orthogonal`: the inner product of unit rows after the orthogonal map that takes images closest to texts.
 * - `ridge`: the cosine of the text that ridge regression predicts for the image with the text.
 * - `asif-csa`: ASIF whose similarities are cosines of canonical directions, of either modality.
 * - `consensus`: the sum of its members' scores, each of mean 0 and deviation 1 over the texts of an image, or, of
 *   fewer texts than {@link FEW}, over what the image scores with 256 anchors' texts; an `asif-csa` member takes p =
 *   {@link CANONICAL_P}, for p is of the collection's own similarities.
 *
 * @param images `[n, d]` row-major raw vectors; they need not be normalised
 * @param texts `[m, d']` row-major
 * @param settings `allow` restricts the anchors that serve as memory; what is fitted is then fitted on these alone, and
 * not kept
 * @returns `[n, m]` row-major, in [-1, 1] but for a consensus; all 0 where there are no anchors
 */
export const scoreByMethod = async (
  view: AnchorView,
  method: Method,
  images: Float32Array,
  texts: Float32Array,
  settings: ScoreSettings,
): Promise<Float64Array> => (await scoreTexts(view, method, images, texts, settings)).scores;

/**
 * As {@link scoreByMethod}, with the fits that were used.
 *
 * @param sizes absent: each text for itself; else groups of so many texts, each scored by their normalised mean
 */
export const scoreTexts = async (
  view: AnchorView,
  method: Method,
  images: Float32Array,
  texts: Float32Array,
  settings: ScoreSettings,
  sizes?: readonly number[],
): Promise<Scores> => {
  if (method !== "consensus") return scoreMember(view, method, images, texts, settings, sizes);
  const columns = sizes?.length ?? rowsOf(view, "text", texts);
  const against = columns < FEW ? spacedSlots(view, settings.allow) : undefined;
  const parts: (Scores & MemberScores)[] = [];
  for (const member of settings.members ?? CONSENSUS) {
    const own = member === "asif-csa" ? { ...settings, p: CANONICAL_P } : settings;
    parts.push(await scoreMember(view, member, images, texts, own, sizes, against));
  }
  const fits = new Map(parts.flatMap((part) => part.fits).map((fit) => [fit.kind, fit]));
  return { scores: await sumOfStandardized(parts, columns), fits: [...fits.values()] };
};

/** @param against anchors whose texts each image is scored with as well */
const scoreMember = async (
  view: AnchorView,
  method: Member,
  images: Float32Array,
  texts: Float32Array,
  settings: ScoreSettings,
  sizes?: readonly number[],
  against?: Int32Array,
): Promise<Scores & MemberScores> => {
  if (method === "asif" || method === "asif-csa") {
    const { imageRows, textRows, fits } = await representBoth(view, method, images, texts, settings, sizes);
    const scores = await scoreAll(imageRows, textRows, view.slotCount);
    if (against === undefined) return { scores, fits };
    const others = await representTexts(view, method, against, settings);
    return { scores, background: await scoreAll(imageRows, others, view.slotCount), fits };
  }
  const { rank = RANK } = settings;
  const aligned = await view.align(method, settings.allow);
  const asked = { vectors: images, count: rowsOf(view, "image", images) };
  const shown = { vectors: texts, count: rowsOf(view, "text", texts) };
  const scores = await linearScores(aligned, asked, shown, rank, sizes);
  const fits = [usedOf(aligned)];
  if (against === undefined) return { scores, fits };
  const others = { vectors: view.vectors("text", against), count: against.length };
  return { scores, background: await linearScores(aligned, asked, others, rank), fits };
};

/** What anchors' texts are by the other anchors; kept, but where only some of them serve. */
const representTexts = async (
  view: AnchorView,
  method: "asif" | "asif-csa",
  slots: Int32Array,
  settings: ScoreSettings,
): Promise<RelativeRepresentations> => {
  const { allow, transform, exact, ef, rank = RANK } = settings;
  if (method === "asif") {
    const form = [method, transform, view.fitVersion("text", transform), exact, ef].join(" ");
    return representAnchors(
      view,
      "text",
      slots,
      settings,
      allow === undefined ? form : null,
      async (vectors, k) => {
        const { neighbours } = await view.search("text", vectors, { ...settings, k });
        return neighbours;
      },
    );
  }
  const aligned = await view.align("csa", allow);
  const form = [method, aligned.version, rank].join(" ");
  return representAnchors(view, "text", slots, settings, allow === undefined ? form : null, (vectors, k) =>
    aligned.search("text", vectors, { k, rank, allow }),
  );
};

/** The relative representations that `asif` and `asif-csa` score by; of texts as {@link scoreTexts} groups them. */
export const representBoth = async (
  view: AnchorView,
  method: "asif" | "asif-csa",
  images: Float32Array,
  texts: Float32Array,
  settings: ScoreSettings,
  sizes?: readonly number[],
): Promise<{
  readonly imageRows: RelativeRepresentations;
  readonly textRows: RelativeRepresentations;
  readonly fits: readonly FitUsed[];
}> => {
  const { k, p, allow, rank = RANK } = settings;
  const aligned = method === "asif" ? undefined : await view.align("csa", allow);
  const rows = async (modality: "image" | "text", vectors: Float32Array): Promise<RelativeRepresentations> =>
    aligned === undefined
      ? (await relativeRepresentations(view, modality, vectors, settings)).representations
      : represent(await aligned.search(modality, vectors, { k, rank, allow }), p);
  const [imageRows, textRows] = await Promise.all([rows("image", images), rows("text", texts)]);
  return {
    imageRows,
    textRows: sizes === undefined ? textRows : meanRepresentations(textRows, sizes, view.slotCount),
    fits: aligned === undefined ? [] : [usedOf(aligned)],
  };
};

const usedOf = ({ kind, version, sequence, anchors }: Aligned): FitUsed => ({
  kind,
  version,
  sequence,
  anchors,
});

const rowsOf = (view: AnchorView, modality: "image" | "text", vectors: Float32Array): number =>
  vectors.length / view.dimension(modality);
