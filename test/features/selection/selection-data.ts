import { join } from "node:path";
import sharp from "sharp";
import { createGraph } from "../../../src/onnx/index.ts";
import { imageModel, textModel } from "../../encoders/models.ts";
import { TABLE, WORDPIECE, writeOwn } from "../../encoders/folders.ts";
import { seededRandom } from "../../support/random.ts";

const SIDE = 4;

/** Pixels as they are. */
const pixelModel = (): Uint8Array => {
  const graph = createGraph("pixels");
  const pixels = graph.input("pixel_values", "float32", ["n", 3, SIDE, SIDE]);
  graph.output("embedding", graph.node("Flatten", [pixels], { axis: { int: 1 } }), "float32", [
    "n",
    3 * SIDE * SIDE,
  ]);
  return graph.toBytes();
};

/**
 * Encoders that take no time: images as the mean of their colours (`colours`, of dimension 3) and as 4 x 4 pixels
 * (`pixels`, 48), texts as sums over their tokens (`words`, 3) and as sums of squares of what those have (`squares`, 5).
 */
export const writeSmallEncoders = async (directory: string): Promise<string> => {
  const image = (id: string, dimension: number, model: Uint8Array) =>
    writeOwn(
      join(directory, id),
      {
        id,
        modality: "image",
        dimension,
        files: { model: "model.onnx" },
        image: { width: SIDE, height: SIDE, resize: "stretch", mean: [0.5, 0.5, 0.5] },
        text: undefined,
      },
      { "model.onnx": model },
    );
  const text = (id: string, table: readonly (readonly number[])[]) =>
    writeOwn(
      join(directory, id),
      { id, dimension: table[0]?.length ?? 0 },
      { "model.onnx": textModel(table, "vectors"), "tokenizer.json": WORDPIECE },
    );
  await image("colours", 3, imageModel("vectors"));
  await image("pixels", 3 * SIDE * SIDE, pixelModel());
  await text("words", TABLE);
  await text(
    "squares",
    TABLE.map(([a = 0, b = 0, c = 0]) => [a, b * b, c, Math.sin(b), Math.cos(3 * b)]),
  );
  return directory;
};

/** Words that the small text encoders tell apart, and the colour that stands for each. */
const KINDS = { red: [220, 40, 40], fox: [210, 130, 30], blue: [40, 60, 220], sea: [40, 170, 190] } as const;
export const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** An image of its kind's colour and noise, as PNG. */
export const pictureOf = async (kind: keyof typeof KINDS, seed: number): Promise<{ base64: string }> => {
  const random = seededRandom(seed);
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) =>
    Math.min(255, Math.max(0, KINDS[kind][(i % 3) as 0 | 1 | 2] + 80 * (random() - 0.5))),
  );
  const bytes = await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer();
  return { base64: bytes.toString("base64") };
};

export const kindOf = (i: number): keyof typeof KINDS => KIND_NAMES[i % KIND_NAMES.length] ?? "red";

/** Anchors `a00` and so on, of the kinds in turn. */
export const pictureAnchors = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      id: `a${String(i).padStart(2, "0")}`,
      text: `a ${kindOf(i)}`,
      image: await pictureOf(kindOf(i), i + 1),
      metadata: { kind: kindOf(i), warm: i % 4 < 2, both: [kindOf(i), i % 8 < 4 ? "a" : "foxes"] },
    })),
  );
