import {
  DEFAULT_MEMBERS,
  isPlugged,
  type AlignmentKind,
  type FitUsed,
  type Member,
  type Method,
} from "../api/methods.ts";
import { transformText } from "../api/transforms.ts";
import { AnchorageError, entryOf } from "../errors.ts";
import type { Aligned, AnchorView } from "../retrieval/index.ts";
import { representAnchors, spacedSlots } from "./background.ts";
import { sumOfStandardized, type MemberScores } from "./consensus.ts";
import { linearScores } from "./linear.ts";
import { localImages, localTexts, openFrame, scoreLocally, type LocalMethod } from "./local/index.ts";
import { scorePlugged } from "./plug.ts";
import { meanRepresentations, relativeRepresentations, represent, scoreAll } from "./relative.ts";
import type { MethodSettings } from "./settings.ts";
import type { AsifSettings, RelativeRepresentations } from "./types.ts";

const RANK = 512;
/** Fewer texts than these say too little of each other: a consensus measures them against captions of anchors. */
export const FEW = 32;
/**
 * The power for similarities along canonical directions, which differ more clearly than those of the vectors: what is
 * best there is best for nothing else.
 */
export const CANONICAL_P = 2;

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
 * - `local`: kernel regression over the 100 anchors nearest to the image, and over those nearest to the text.
 * - `asif+local`: the sum of `asif` and `local`, each over its deviation.
 * - `consensus`: the sum of its members' scores, each of mean 0 and deviation 1 over the texts of an image, or, of
 *   fewer texts than {@link FEW}, over what the image scores with 256 anchors' texts; an `asif-csa` member takes p =
 *   {@link CANONICAL_P}, for p is of the collection's own similarities.
 *
 * @param images `[n, d]` row-major raw vectors; they need not be normalised
 * @param texts `[m, d']` row-major
 * @param settings `allow` restricts the anchors that serve as memory; what is fitted is then fitted on these alone, and
 * not kept
 * @returns `[n, m]` row-major, in [-1, 1] but for the last three; all 0 if there are no anchors
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
  if (isPlugged(method)) {
    const { plug, allow } = settings;
    if (plug === undefined) throw new AnchorageError("invalid-input", `There is no method "${method}".`);
    return { scores: await scorePlugged(view, plug, { images, texts, sizes, allow }), fits: [] };
  }
  if (method === "local" || method === "asif+local")
    return { scores: await scoresByLocal(view, method, { images, texts, settings, sizes }), fits: [] };
  if (method !== "consensus") return scoreMember(view, method, { images, texts, settings, sizes });
  const columns = sizes?.length ?? rowsOf(view, "text", texts);
  const against = columns < FEW ? spacedSlots(view, settings.allow) : undefined;
  const parts: (Scores & MemberScores)[] = [];
  for (const member of settings.members ?? DEFAULT_MEMBERS) {
    const own = member === "asif-csa" ? { ...settings, p: CANONICAL_P } : settings;
    parts.push(await scoreMember(view, member, { images, texts, settings: own, sizes, against }));
  }
  const fits = new Map(parts.flatMap((part) => part.fits).map((fit) => [fit.kind, fit]));
  return { scores: await sumOfStandardized(parts, columns), fits: [...fits.values()] };
};

/** Methods that compare relative representations. */
type Represented = Extract<Member, "asif" | "asif-csa">;

interface Scored {
  readonly images: Float32Array;
  readonly texts: Float32Array;
  readonly settings: ScoreSettings;
  readonly sizes?: readonly number[] | undefined;
  /** Anchors whose texts each image is scored with as well. */
  readonly against?: Int32Array | undefined;
}

const scoresByLocal = async (
  view: AnchorView,
  method: LocalMethod,
  { images, texts, settings, sizes }: Scored,
): Promise<Float64Array> => {
  const frame = await openFrame(view, method, settings);
  const shown = await localTexts(frame, texts, sizes);
  const scores = new Float64Array(rowsOf(view, "image", images) * shown.count);
  await scoreLocally(frame, await localImages(frame, images), shown, (image, answer) =>
    scores.set(answer.scores, image * shown.count),
  );
  return scores;
};

type ScoreMember = (view: AnchorView, scored: Scored) => Promise<Scores & MemberScores>;

const scoreMember = (view: AnchorView, member: Member, scored: Scored) =>
  entryOf(MEMBER_SCORES, member, "method")(view, scored);

const byRepresentations =
  (method: Represented): ScoreMember =>
  async (view, { images, texts, settings, sizes, against }) => {
    const { imageRows, textRows, fits } = await representBoth(view, method, images, texts, settings, sizes);
    const scores = await scoreAll(imageRows, textRows, view.slotCount);
    if (against === undefined) return { scores, fits };
    const others = await representTexts(view, method, against, settings);
    return { scores, background: await scoreAll(imageRows, others, view.slotCount), fits };
  };

const byAlignment =
  (kind: AlignmentKind): ScoreMember =>
  async (view, { images, texts, settings, sizes, against }) => {
    const { rank = RANK, allow } = settings;
    const aligned = await view.align(kind, allow);
    const asked = { vectors: images, count: rowsOf(view, "image", images) };
    const shown = { vectors: texts, count: rowsOf(view, "text", texts) };
    const scores = await linearScores(aligned, asked, shown, rank, sizes);
    const fits = [usedOf(aligned)];
    if (against === undefined) return { scores, fits };
    const others = { vectors: view.vectors("text", against), count: against.length };
    return { scores, background: await linearScores(aligned, asked, others, rank), fits };
  };

const MEMBER_SCORES: Readonly<Record<Member, ScoreMember>> = {
  asif: byRepresentations("asif"),
  csa: byAlignment("csa"),
  orthogonal: byAlignment("orthogonal"),
  ridge: byAlignment("ridge"),
  "asif-csa": byRepresentations("asif-csa"),
};

/** What anchors' texts are by the other anchors; kept, but where only some of them serve. */
const representTexts = async (
  view: AnchorView,
  method: Represented,
  slots: Int32Array,
  settings: ScoreSettings,
): Promise<RelativeRepresentations> => {
  const { allow, transform, exact, ef, rank = RANK } = settings;
  if (method === "asif") {
    const form = [method, transformText(transform), view.fitVersion("text", transform), exact, ef].join(" ");
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
  method: Represented,
  images: Float32Array,
  texts: Float32Array,
  settings: ScoreSettings,
  sizes?: readonly number[],
): Promise<{
  readonly imageRows: RelativeRepresentations;
  readonly textRows: RelativeRepresentations;
  readonly fits: readonly FitUsed[];
}> => {
  const { k, allow, rank = RANK } = settings;
  const aligned = method === "asif" ? undefined : await view.align("csa", allow);
  const rows = async (modality: "image" | "text", vectors: Float32Array): Promise<RelativeRepresentations> =>
    aligned === undefined
      ? (await relativeRepresentations(view, modality, vectors, settings)).representations
      : represent(await aligned.search(modality, vectors, { k, rank, allow }), settings);
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
