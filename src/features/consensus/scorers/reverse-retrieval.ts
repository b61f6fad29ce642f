import { spacedSlots } from "../../../asif/index.ts";
import { multiplyByTransposed } from "../../../retrieval/index.ts";
import { createTurns } from "../../../math/slices.ts";
import { flat, once, type Scene } from "../scene/index.ts";
import type { Scorer } from "../types.ts";
import { judgeItems, meanOverRows, type ScoreItems } from "./across.ts";
import { alignOnce } from "./csa.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface ReverseSettings extends ScorerSettings {
  /** Images that the condition's has to come before, evenly spaced among the anchors; absent: 5,000. */
  readonly gallery?: number;
}

const GALLERY = 5_000;
const RANK = 512;
/** Texts that are compared with the gallery at once. */
const TEXTS = 256;
/** Images whose raw vectors are in memory beside the index at once. */
const IMAGES = 1_024;

/**
 * The way back: minus the logarithm of the rank that the condition's image has among the anchors' when the proposed text
 * asks for images, by the weighted cosine of canonical directions. 0 where it comes first.
 */
export const createReverseRetrievalScorer = (
  scene: Scene,
  { gallery = GALLERY, ...settings }: ReverseSettings = {},
): Scorer => {
  const { view, settings: asked } = scene;
  const align = alignOnce(scene);
  const turn = createTurns();
  const wanted = asked.rank ?? RANK;
  /** The condition's images and those of the gallery after them, `[rows, rank]`. */
  const shownImages = once(async () => {
    const aligned = await align("csa");
    const rank = aligned.rank(wanted);
    const own = scene.condition.image;
    const others = spacedSlots(view, scene.allow, gallery);
    const images = new Float32Array((own.length + others.length) * rank);
    const { weights } = aligned;
    const show = async (raw: Float32Array, row: number): Promise<void> => {
      const shown = await aligned.show("image", raw, wanted);
      if (weights !== null)
        for (let at = 0; at < shown.length; at++) shown[at] = (shown[at] ?? 0) * (weights[at % rank] ?? 0);
      images.set(shown, row * rank);
    };
    await show(flat(own), 0);
    for (let first = 0; first < others.length; first += IMAGES) {
      await turn();
      await show(view.vectors("image", others.subarray(first, first + IMAGES)), own.length + first);
    }
    return images;
  });

  const score: ScoreItems = async (items, images) => {
    const aligned = await align("csa");
    const rank = aligned.rank(wanted);
    const scores = new Float64Array(images.length * items.length);
    if (rank === 0) return scores.fill(Number.NaN);
    const data = await shownImages();
    const rows = data.length / rank;
    for (let first = 0; first < items.length; first += TEXTS) {
      const texts = items.slice(first, first + TEXTS);
      const shown = await aligned.show("text", flat(texts), wanted);
      const products = await multiplyByTransposed(
        { data: shown, rows: texts.length, columns: rank },
        { data, rows, columns: rank },
      );
      for (let text = 0; text < texts.length; text++) {
        await turn();
        const row = products.subarray(text * rows, (text + 1) * rows);
        for (let image = 0; image < images.length; image++)
          scores[image * items.length + first + text] = -Math.log(rankOf(row, image, images.length));
      }
    }
    return scores;
  };

  return {
    ...settled(settings, { name: "reverse-retrieval" }),
    kinds: ["text", "vector"],
    score: (proposals) => judgeItems(scene, proposals, "text", scene.condition.image, score),
    background: async () => {
      const { items } = scene.background("text");
      return items.length === 0
        ? new Float64Array()
        : meanOverRows(await score(items, scene.condition.image), items.length);
    },
  };
};

/** Among the gallery, which comes after the images of the condition. Of equal ones it is in the middle. */
const rankOf = (row: Float32Array, image: number, images: number): number => {
  const own = row[image] ?? 0;
  let [above, equal] = [0, 0];
  for (let i = images; i < row.length; i++) {
    const other = row[i] ?? 0;
    if (other < own) continue;
    if (other > own) above++;
    else equal++;
  }
  return 1 + above + equal / 2;
};
