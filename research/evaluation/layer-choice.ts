import { BEST } from "./emoji-configurations.ts";
import { wordsOf, type Configuration, type EmojiData } from "./emoji-runs.ts";
import { LAYERS, layersOf, type Layer } from "./layers.ts";
import { mutualNeighbours } from "./mutual-neighbours.ts";

/** Whose drawings are compared with their captions: of one vendor, for the captions of several are the same. */
const VENDOR = "noto";
const NEIGHBOURS = 10;

/** Every choice of layers, ordered by how well their neighbours agree with those of the captions, best first. */
export const rankLayers = async (
  data: Pick<EmojiData, "pairs" | "texts">,
): Promise<{ readonly layers: readonly Layer[]; readonly mutual: number }[]> => {
  const drawn = data.pairs.filter(({ vendor }) => vendor === VENDOR);
  const texts = rowsOf(drawn.map(({ emoji }) => data.texts.get(wordsOf(emoji, BEST.captions)) ?? []));
  const ranked = [];
  for (const layers of choices()) {
    const images = rowsOf(drawn.map(({ imageVector }) => layersOf(imageVector, layers)));
    ranked.push({ layers, mutual: await mutualNeighbours(images, texts, drawn.length, NEIGHBOURS) });
  }
  return ranked.sort((a, b) => b.mutual - a.mutual);
};

/** The default but for its layers: each choice, as {@link rankLayers} orders them. */
export const byLayers = async (data: EmojiData): Promise<Configuration[]> =>
  (await rankLayers(data)).map(({ layers, mutual }) => ({
    ...BEST,
    layers,
    style: "unseen",
    name: `${layers.join(" + ")}, mutual ${NEIGHBOURS}-NN ${mutual.toFixed(3)}`,
  }));

const choices = (): Layer[][] =>
  Array.from({ length: 2 ** LAYERS.length - 1 }, (_, i) =>
    LAYERS.filter((_, layer) => (((i + 1) >> layer) & 1) === 1),
  );

const rowsOf = (vectors: readonly ArrayLike<number>[]): Float32Array => {
  const d = vectors[0]?.length ?? 0;
  const rows = new Float32Array(vectors.length * d);
  vectors.forEach((vector, i) => rows.set(vector, i * d));
  return rows;
};
