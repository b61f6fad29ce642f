import { Matrix, solve } from "ml-matrix";
import {
  compareUtf8,
  cosine,
  naiveRelative,
  type NaiveAnchor,
  type NaiveSettings,
  type Side,
} from "./naive-asif.ts";
import { innerProduct } from "./naive-index.ts";

const NEAREST = 100;

const unit = (row: readonly number[]): number[] => {
  const norm = Math.hypot(...row);
  return row.map((value) => (norm === 0 ? 0 : value / norm));
};

const kernel = (similarity: number): number => Math.max(similarity, 0) ** 2;

/** A query's weights over the anchors near it, by anchor. */
export const naiveWeights = (
  anchors: readonly NaiveAnchor[],
  side: Side,
  query: readonly number[],
): Map<NaiveAnchor, number> => {
  const near = anchors
    .map((anchor) => ({ anchor, similarity: cosine(anchor[side], query) }))
    .sort((a, b) => b.similarity - a.similarity || compareUtf8(a.anchor.id, b.anchor.id))
    .slice(0, NEAREST);
  if (near.length === 0) return new Map();
  const matrix = new Matrix(
    near.map((a, i) =>
      near.map((b, j) => kernel(cosine(a.anchor[side], b.anchor[side])) + (i === j ? 1 : 0)),
    ),
  );
  const weights = solve(matrix, Matrix.columnVector(near.map(({ similarity }) => kernel(similarity))));
  return new Map(near.map(({ anchor }, i) => [anchor, weights.get(i, 0)]));
};

/** What weighted anchors say on a side; zeros where that is nothing. */
const directionOf = (weights: ReadonlyMap<NaiveAnchor, number>, side: Side, dimension: number): number[] => {
  const sum = Array.from({ length: dimension }, () => 0);
  for (const [anchor, weight] of weights)
    unit(anchor[side]).forEach((value, i) => (sum[i] = (sum[i] ?? 0) + weight * value));
  return Math.hypot(...sum) < 1e-9 ? sum.map(() => 0) : sum;
};

interface NaiveLocal extends NaiveSettings {
  readonly method: "local" | "asif+local";
  /** Ids of the reference captions. */
  readonly references: readonly string[];
}

/** The scores by local regression as they are defined, `[images, texts]`, computed densely in float64. */
export const naiveLocalScores = (
  anchors: readonly NaiveAnchor[],
  images: readonly (readonly number[])[],
  texts: readonly (readonly number[])[],
  { method, references, ...settings }: NaiveLocal,
): number[] => {
  const shares = method === "local" ? [0.5, 0.5] : [0.5, 0.5, 1];
  const asText = (text: readonly number[], own?: NaiveAnchor) => {
    const others = anchors.filter((anchor) => anchor !== own);
    const backward = directionOf(naiveWeights(others, "text", text), "image", images[0]?.length ?? 0);
    // An anchor's caption is represented by the others; the image shares no value with the anchor then.
    const memory = (anchor: NaiveAnchor): boolean => anchor !== own && (settings.memory?.(anchor) ?? true);
    return { own, text, backward, row: naiveRelative(anchors, "text", text, { ...settings, memory }) };
  };
  const usual = references.map((id) => {
    const own = anchors.find((anchor) => anchor.id === id);
    return asText(own?.text ?? [], own);
  });
  const asked = texts.map((text) => asText(text));
  return images.flatMap((image) => {
    const weights = naiveWeights(anchors, "image", image);
    const row = naiveRelative(anchors, "image", image, settings);
    const members = (of: ReturnType<typeof asText>): number[] => {
      const left = new Map([...weights].filter(([anchor]) => anchor !== of.own));
      const forward = directionOf(left, "text", of.text.length);
      return [cosine(forward, of.text), cosine(of.backward, image), innerProduct(row, of.row)];
    };
    const found = usual.map(members);
    const scales = shares.map((share, m) => {
      const scores = found.map((one) => one[m] ?? 0);
      const mean = scores.reduce((total, value) => total + value, 0) / Math.max(1, scores.length);
      const squares = scores.reduce((total, value) => total + (value - mean) ** 2, 0);
      const variance = squares / Math.max(1, scores.length);
      return { mean, factor: variance < 1e-20 ? share : share / Math.sqrt(variance) };
    });
    return asked.map((one) =>
      members(one).reduce((sum, score, m) => {
        const { mean, factor } = scales[m] ?? { mean: 0, factor: 0 };
        return sum + factor * (score - mean);
      }, 0),
    );
  });
};
