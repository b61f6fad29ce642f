import { join } from "node:path";
import { createGraph } from "../../../../src/onnx/index.ts";
import { writeOwn } from "../../../encoders/folders.ts";

/** Pixels a side that the encoder sees, each a token. */
export const SIDE = 2;
/** Of the encoder's layers, the shallowest first. */
export const WIDTHS = [3, 4] as const;
/** From three channels to four. */
export const MIX = [1, 0, 0, 0.5, 0, 1, 0, -1, 0, 0, 1, 0.25];
export const NORM = { weight: [1, 2, 3, 4], bias: [0.5, 0, -0.5, 1] };

/** A network of two blocks and the mean of its pixels. */
const network = (): Uint8Array => {
  const graph = createGraph("eyes");
  const pixels = graph.input("pixel_values", "float32", ["n", 3, "height", "width"]);
  const planes = graph.node("Reshape", [pixels, graph.ints([3], [0, 3, -1])]);
  const tokens = graph.node("Transpose", [planes], { perm: { ints: [0, 2, 1] } });
  const mixed = graph.node("MatMul", [tokens, graph.floats([3, 4], MIX)]);
  const mean = graph.node("ReduceMean", [planes], { axes: { ints: [2] }, keepdims: { int: 0 } });
  graph.output("embedding", mean, "float32", ["n", 3]);
  graph.output("hidden_states.0", tokens, "float32", ["n", "tokens", 3]);
  graph.output("hidden_states.1", mixed, "float32", ["n", "tokens", 4]);
  return graph.toBytes();
};

export const LAYERS = [
  { name: "block-0", output: "hidden_states.0", dimension: 3, pooling: "mean" },
  {
    name: "block-1",
    output: "hidden_states.1",
    dimension: 4,
    pooling: "cls",
    norm: { file: "norm.json", epsilon: 1e-6 },
  },
];

/** Writes the image encoder `eyes`, whose pixels are shares of 1, into a folder of encoders. */
export const writeEyes = (
  folder: string,
  {
    id = "eyes",
    layers = LAYERS,
    norm = NORM,
  }: { id?: string; layers?: readonly object[]; norm?: object } = {},
): Promise<void> =>
  writeOwn(
    join(folder, id),
    {
      id,
      modality: "image",
      files: { model: "model.onnx" },
      output: "embedding",
      image: { width: SIDE, height: SIDE, resize: "stretch", interpolation: "nearest" },
      text: undefined,
      layers,
    },
    { "model.onnx": network(), "norm.json": norm },
  );
