import { createGraph } from "../../src/onnx/index.ts";

/** What a small network gives: a vector an input, one a token, or both as sentence-transformers exports them. */
export type Shape = "vectors" | "tokens" | "sentence";

/** The rows of `table`, by token id; `vectors` sums them over the mask. */
export const textModel = (table: readonly (readonly number[])[], shape: Shape = "tokens"): Uint8Array => {
  const d = table[0]?.length ?? 0;
  const graph = createGraph("small-text");
  const ids = graph.input("input_ids", "int64", ["n", "tokens"]);
  const mask = graph.input("attention_mask", "int64", ["n", "tokens"]);
  const tokens = graph.node("Gather", [graph.floats([table.length, d], table.flat()), ids]);
  if (shape !== "vectors") graph.output("last_hidden_state", tokens, "float32", ["n", "tokens", d]);
  const weights = graph.node("Unsqueeze", [
    graph.node("Cast", [mask], { to: { int: 1 } }),
    graph.ints([1], [2]),
  ]);
  const sum = graph.node("ReduceSum", [graph.node("Mul", [tokens, weights]), graph.ints([1], [1])], {
    keepdims: { int: 0 },
  });
  if (shape !== "tokens")
    graph.output(shape === "vectors" ? "embedding" : "sentence_embedding", sum, "float32", ["n", d]);
  return graph.toBytes();
};

/**
 * A tower that gives one vector an input under the name `output`: the mean of all pixels, or the sum of all rows of `table`,
 * those of padding as well, as SigLIP's graphs have no mask.
 */
export const towerModel = (output: string, table?: readonly (readonly number[])[]): Uint8Array => {
  const graph = createGraph("small-tower");
  if (table === undefined) {
    const pixels = graph.input("pixel_values", "float32", ["n", 3, "height", "width"]);
    const planes = graph.node("Reshape", [pixels, graph.ints([3], [0, 3, -1])]);
    const mean = graph.node("ReduceMean", [planes], { axes: { ints: [2] }, keepdims: { int: 0 } });
    graph.output(output, mean, "float32", ["n", "d"]);
  } else {
    const ids = graph.input("input_ids", "int64", ["n", "tokens"]);
    const rows = graph.node("Gather", [graph.floats([table.length, 3], table.flat()), ids]);
    const sum = graph.node("ReduceSum", [rows, graph.ints([1], [1])], { keepdims: { int: 0 } });
    graph.output(output, sum, "float32", ["n", "d"]);
  }
  return graph.toBytes();
};

/** Each pixel is a token of three numbers; `vectors` averages them. */
export const imageModel = (shape: Shape = "tokens"): Uint8Array => {
  const graph = createGraph("small-image");
  const pixels = graph.input("pixel_values", "float32", ["n", 3, "height", "width"]);
  const planes = graph.node("Reshape", [pixels, graph.ints([3], [0, 3, -1])]);
  if (shape === "tokens") {
    const tokens = graph.node("Transpose", [planes], { perm: { ints: [0, 2, 1] } });
    graph.output("last_hidden_state", tokens, "float32", ["n", "tokens", 3]);
  } else {
    const mean = graph.node("ReduceMean", [planes], { axes: { ints: [2] }, keepdims: { int: 0 } });
    graph.output("embedding", mean, "float32", ["n", 3]);
  }
  return graph.toBytes();
};

/** A text network whose table lies in the file `location` beside it, as the exporters of large networks do it. */
export const externalTextModel = (
  table: readonly (readonly number[])[],
  location: string,
): { readonly model: Uint8Array; readonly data: Uint8Array } => {
  const d = table[0]?.length ?? 0;
  const data = new Uint8Array(Float32Array.from(table.flat()).buffer);
  const entry = (key: string, value: string) => message(13, [...text(1, key), ...text(2, value)]);
  const tensor = [
    ...int(1, table.length),
    ...int(1, d),
    ...int(2, FLOAT),
    ...text(8, "table"),
    ...entry("location", location),
    ...entry("offset", "0"),
    ...entry("length", String(data.length)),
    ...int(14, EXTERNAL),
  ];
  const node = [
    ...text(1, "table"),
    ...text(1, "input_ids"),
    ...text(2, "last_hidden_state"),
    ...text(4, "Gather"),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, "external"),
    ...message(5, tensor),
    ...value(11, "input_ids", INT64, 2),
    ...value(12, "last_hidden_state", FLOAT, 3),
  ];
  const opset = [...text(1, ""), ...int(2, 17)];
  return { model: Uint8Array.from([...int(1, 8), ...message(7, graph), ...message(8, opset)]), data };
};

const FLOAT = 1;
const INT64 = 7;
const EXTERNAL = 1;

const varint = (number: number): number[] =>
  number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))];
const int = (field: number, number: number): number[] => [...varint(field * 8), ...varint(number)];
const message = (field: number, bytes: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const text = (field: number, characters: string): number[] => message(field, [...Buffer.from(characters)]);
const value = (field: number, name: string, type: number, rank: number): number[] => {
  const shape = Array.from({ length: rank }, (_, i) => message(1, text(2, `d${i}`))).flat();
  return message(field, [
    ...text(1, name),
    ...message(2, message(1, [...int(1, type), ...message(2, shape)])),
  ]);
};
