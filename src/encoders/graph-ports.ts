import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../errors.ts";
import { protobufFields } from "../onnx/index.ts";

/** An input or output of an ONNX graph. */
export interface GraphPort {
  readonly name: string;
  /** Sizes of the axes; null for an axis whose size is known at run time only. Empty where no shape is declared. */
  readonly dims: readonly (number | null)[];
}

/** Inputs, without the weights that old files list among them, and outputs, in order. */
export interface GraphPorts {
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

/**
 * Reads the inputs and outputs that an ONNX file declares, without loading its weights.
 *
 * @param model path of the ONNX file, relative to `directory`
 * @throws AnchorageError `corrupt-file` if the file is not ONNX
 * @example
 * ```ts
 * const { outputs } = await readGraphPorts("/models/clip", "onnx/text_model.onnx");
 * outputs; // such as [{ name: "text_embeds", dims: [null, 512] }]
 * ```
 */
export const readGraphPorts = async (directory: string, model: string): Promise<GraphPorts> => {
  const bytes = await readFile(join(directory, model));
  try {
    const graph = inside([bytes], GRAPH);
    const weights = new Set(inside(inside(graph, INITIALIZER), INITIALIZER_NAME).map(textOf));
    return {
      inputs: inside(graph, INPUT)
        .map(portOf)
        .filter(({ name }) => !weights.has(name)),
      outputs: inside(graph, OUTPUT).map(portOf),
    };
  } catch (error) {
    throw new AnchorageError("corrupt-file", `${model} is not an ONNX file.`, { cause: error });
  }
};

// Field numbers of ModelProto, GraphProto, TensorProto, ValueInfoProto, TypeProto, its tensor type, and TensorShapeProto.
const GRAPH = 7;
const [INITIALIZER, INPUT, OUTPUT] = [5, 11, 12];
const INITIALIZER_NAME = 8;
const [NAME, TYPE] = [1, 2];
const TENSOR_TYPE = 1;
const SHAPE = 2;
const DIMENSION = 1;
const SIZE = 1;
/** Negative sizes, which some exporters write for unknown ones, are read as huge unsigned numbers. */
const LARGEST = 2 ** 31;

const inside = (messages: readonly Uint8Array[], wanted: number): Uint8Array[] =>
  messages.flatMap((message) =>
    [...protobufFields(message)].flatMap(({ number, bytes }) =>
      number === wanted && bytes !== undefined ? [bytes] : [],
    ),
  );

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const portOf = (message: Uint8Array): GraphPort => {
  const shape = inside(inside(inside([message], TYPE), TENSOR_TYPE), SHAPE);
  return {
    name: inside([message], NAME).map(textOf).join(""),
    dims: inside(shape, DIMENSION).map((dimension) => {
      const size = [...protobufFields(dimension)].find(({ number }) => number === SIZE)?.value;
      return size === undefined || size < 1 || size > LARGEST ? null : size;
    }),
  };
};
