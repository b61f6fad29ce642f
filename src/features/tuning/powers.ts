import type { Transform } from "../../api/transforms.ts";
import {
  createFlatIndex,
  kindFor,
  unitRows,
  whiteningOf,
  type Look,
  type Neighbours,
} from "../../retrieval/index.ts";
import type { Modality } from "../../types.ts";
import { rankGrid } from "./asif-grid.ts";
import type { MeasuredTrial, Metric } from "./api.ts";
import type { OpenFold } from "./answer.ts";
import type { ParameterGrid } from "./candidates.ts";

/** What each side is whitened to, and on how many directions. */
export interface WhiteningPowers {
  readonly image: number;
  readonly text: number;
  readonly rank: number | "auto";
}

/** What the transform `auto` does to many anchors. */
export const AUTO_POWERS: WhiteningPowers = { image: 0.9, text: 0.6, rank: "auto" };

/** What the transform `auto` does to so many anchors, if it whitens them. */
export const autoPowers = (anchors: number): WhiteningPowers => ({
  image: whiteningOf(kindFor("image", "auto", anchors))?.power ?? AUTO_POWERS.image,
  text: whiteningOf(kindFor("text", "auto", anchors))?.power ?? AUTO_POWERS.text,
  rank: "auto",
});
const NAMES = ["image", "text", "rank"] as const;
/** Tried on one side, and for the rank, while the others are those of `auto`. */
const STEPS: readonly Partial<WhiteningPowers>[] = [
  { image: 0.5 },
  { image: 0.7 },
  { image: 1 },
  { text: 0.8 },
  { text: 1 },
  { rank: 128 },
  { rank: 256 },
];

/**
 * @param most the directions that `auto` has
 * @param auto its powers
 */
export const powerSteps = (most: number, auto = AUTO_POWERS): WhiteningPowers[] =>
  STEPS.filter(({ rank }) => typeof rank !== "number" || rank < most)
    .map((step) => ({ ...auto, ...step }))
    .filter((powers) => NAMES.some((name) => powers[name] !== auto[name]));

export const transformOfPowers = ({ image, text, rank }: WhiteningPowers): Transform => ({
  image: { kind: "whiten", power: image },
  text: { kind: "whiten", power: text },
  rank,
});

/** The powers of a transform that {@link transformOfPowers} made, or of `auto`; null for any other. */
export const powersOfTransform = (
  transform: Transform | undefined,
  auto = AUTO_POWERS,
): WhiteningPowers | null => {
  if (transform === "auto") return auto;
  if (transform === undefined || typeof transform === "string") return null;
  const { image, text, rank = "auto" } = transform;
  if (image.kind !== "whiten" || text.kind !== "whiten") return null;
  return { image: image.power, text: text.power, rank };
};

/** The best powers of each side and the best rank together, where each was tried alone; none where that is known. */
export const combinedPowers = (
  trials: readonly MeasuredTrial[],
  objective: Metric,
  auto = AUTO_POWERS,
): WhiteningPowers[] => {
  const tried = trials.flatMap((trial) => {
    const powers = trial.method === "asif" ? powersOfTransform(trial.transform, auto) : null;
    return powers === null ? [] : [{ powers, value: trial[objective] }];
  });
  const bestOf = <Name extends keyof WhiteningPowers>(name: Name): WhiteningPowers[Name] =>
    tried
      .filter(({ powers }) => NAMES.every((other) => other === name || powers[other] === auto[other]))
      .reduce((best, one) => (one.value > best.value ? one : best), { powers: auto, value: -1 }).powers[name];
  const together = { image: bestOf("image"), text: bestOf("text"), rank: bestOf("rank") };
  const isSame = ({ powers }: { readonly powers: WhiteningPowers }): boolean =>
    NAMES.every((name) => powers[name] === together[name]);
  return tried.length === 0 || tried.some(isSame) ? [] : [together];
};

/**
 * Ranks by ASIF through other powers than those of `auto`, without another fit: vectors that are whitened to one power
 * and normalised become those of another power when each direction is multiplied by its deviation to the difference,
 * and they are normalised again. Fewer directions are the first of them.
 *
 * @returns false where `auto` does not whiten so few anchors
 */
export const askPowers = async (
  fold: OpenFold,
  variants: readonly WhiteningPowers[],
  { ks, ps }: ParameterGrid,
  onRanks: (powers: WhiteningPowers, k: number, p: number, ranks: Float64Array) => void,
): Promise<boolean> => {
  const [image, text] = [await sideOf(fold, "image"), await sideOf(fold, "text")];
  if (image === null || text === null) return false;
  for (const powers of variants) {
    const input = {
      images: await nearest(image, powers.image, powers.rank, ks.at(-1) ?? 1),
      texts: await nearest(text, powers.text, powers.rank, ks.at(-1) ?? 1),
      truths: fold.truths,
      sizes: fold.sizes,
      slotCount: image.count,
      ...(fold.negatives === undefined ? {} : { negatives: fold.negatives }),
    };
    await rankGrid(input, ks, ps, (k, p, ranks) => onRanks(powers, k, p, ranks));
  }
  return true;
};

/** One side of a fold as `auto` shows it. */
interface Side {
  /** The power that it is whitened to. */
  readonly fitted: number;
  readonly deviations: Float64Array;
  readonly anchors: Float32Array;
  readonly count: number;
  readonly queries: Float32Array;
}

const sideOf = async (fold: OpenFold, modality: Modality): Promise<Side | null> => {
  const { view, allow } = fold;
  const look: Look = await view.look(modality, "auto");
  const deviations = look.deviations();
  if (deviations === null) return null;
  const live = view.liveSlots();
  const slots = allow === undefined ? live : live.filter((slot) => allow[slot] === 1);
  return {
    fitted: autoPowers(live.length)[modality],
    deviations,
    anchors: look.rows(slots),
    count: slots.length,
    queries: await look.show(modality === "image" ? fold.images : fold.prompts),
  };
};

/** The nearest anchors by places in the order of their ids. */
const nearest = async (
  { fitted, deviations, anchors, queries }: Side,
  power: number,
  rank: WhiteningPowers["rank"],
  k: number,
): Promise<Neighbours> => {
  const dimension = rank === "auto" ? deviations.length : Math.min(rank, deviations.length);
  const shown = (rows: Float32Array): Float32Array => rescaled(rows, deviations, fitted - power, dimension);
  const index = createFlatIndex({ dimension, compare: (a, b) => a - b });
  index.add(0, shown(anchors));
  try {
    return await index.search(shown(queries), { k });
  } finally {
    index.close();
  }
};

/** Rows whose directions are multiplied by their deviations to a power, the first of them, of norm 1 again. */
const rescaled = (
  rows: Float32Array,
  deviations: Float64Array,
  exponent: number,
  dimension: number,
): Float32Array => {
  const factors = deviations.map((deviation) => deviation ** exponent);
  const width = deviations.length;
  const count = rows.length / width;
  const result = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++)
    for (let i = 0; i < dimension; i++)
      result[row * dimension + i] = (factors[i] ?? 0) * (rows[row * width + i] ?? 0);
  return unitRows(result, dimension);
};
