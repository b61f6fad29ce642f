import { createHash } from "node:crypto";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGraph } from "../../../src/onnx/index.ts";
import { defaultEncoders } from "../../support/encoders.ts";

/** An image encoder that takes no time: 8 x 8 pixels as they are. */
export const QUICK = "quick-pixels";
const SIDE = 8;
const DIMENSION = 3 * SIDE * SIDE;

/** Fills `directory` with the default encoders and the quick one. */
export const writeEncoders = async (directory: string): Promise<void> => {
  await mkdir(join(directory, QUICK), { recursive: true });
  const defaults = await defaultEncoders();
  for (const name of await readdir(defaults)) {
    if (!name.startsWith(".")) await symlink(join(defaults, name), join(directory, name));
  }
  const graph = createGraph("pixels");
  const pixels = graph.input("pixel_values", "float32", ["b", 3, SIDE, SIDE]);
  const flat = graph.node("Flatten", [pixels], { axis: { int: 1 } });
  graph.output("embedding", flat, "float32", ["b", DIMENSION]);
  const model = graph.toBytes();
  const manifest = {
    version: 1,
    id: QUICK,
    modality: "image",
    dimension: DIMENSION,
    source: "pixels",
    licence: "none",
    files: { model: "model.onnx" },
    image: { width: SIDE, height: SIDE, mean: [0.5, 0.4, 0.3] },
    sha256: { "model.onnx": createHash("sha256").update(model).digest("hex") },
  };
  await writeFile(join(directory, QUICK, "model.onnx"), model);
  await writeFile(join(directory, QUICK, "encoder.json"), JSON.stringify(manifest));
};
