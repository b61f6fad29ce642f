import type { Modality } from "../../../types.ts";
import type { Item, Scene } from "../scene/index.ts";
import type { Judgement, Payload, Proposal, Scorer } from "../types.ts";

/** Scores of items against references, `[references, items]` row-major. */
export type ScoreItems = (items: readonly Item[], against: readonly Item[]) => Promise<Float64Array>;

/** The side of a condition that proposals are compared with: images if there are any, else texts. */
export const givenSide = ({ condition }: Pick<Scene, "condition">): Modality =>
  condition.image.length > 0 ? "image" : "text";

/** Whether there are no anchors to judge by. */
export const isEmpty = (scene: Scene): boolean => scene.slots().length === 0;

/** What a scorer says that cannot judge. */
export const nothing = (items: readonly Item[], against: readonly Item[]): Float64Array =>
  new Float64Array(items.length * against.length).fill(Number.NaN);

/** What has a vector at all. */
export const VECTOR_KINDS: Scorer["kinds"] = ["text", "anchor", "vector"];

/**
 * The scores of proposals that are of a modality; NaN of others. What the condition has several of, such as frames,
 * counts in equal shares.
 */
export const judgeItems = async (
  scene: Scene,
  proposals: readonly Pick<Proposal, "payload">[],
  modality: Modality,
  against: readonly Item[],
  score: ScoreItems,
): Promise<Judgement> => {
  const scores = new Float64Array(proposals.length).fill(Number.NaN);
  if (against.length === 0) return { scores };
  const items = await scene.itemsOf(payloadsOf(proposals), modality);
  const places = [...items.keys()].filter((i) => items[i] !== undefined);
  const present = items.filter((item) => item !== undefined);
  if (present.length === 0) return { scores };
  const means = meanOverRows(await score(present, against), present.length);
  places.forEach((place, i) => (scores[place] = means[i] ?? Number.NaN));
  return { scores };
};

/** The mean of the rows of `[n, columns]`. */
export const meanOverRows = (matrix: Float64Array, columns: number): Float64Array => {
  const rows = matrix.length / columns;
  const means = new Float64Array(columns);
  matrix.forEach((value, at) => (means[at % columns] = (means[at % columns] ?? 0) + value / rows));
  return means;
};

/** @param columns of the matrix, which is `[n, columns]` */
export const transposed = (matrix: Float64Array, columns: number): Float64Array => {
  const rows = matrix.length / columns;
  const turned = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = matrix[i * columns + j] ?? 0;
  return turned;
};

const payloadsOf = (proposals: readonly Pick<Proposal, "payload">[]): Payload[] =>
  proposals.map(({ payload }) => payload);
