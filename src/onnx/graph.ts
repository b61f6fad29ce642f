import { writeMessage, type MessageWriter } from "./protobuf.ts";

/** The name of a tensor inside a graph. */
export type Value = string;

/** The element types of ONNX tensors that this package writes. */
export type ElementType =
  "float32" | "float64" | "float16" | "bfloat16" | "int8" | "int32" | "int64" | "bool" | "uint8";

/** A fixed size, or the name of a size that is known only at run time. */
export type Dimension = number | string;

/** An attribute of a node, by its ONNX type. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  /** A tensor of shape `[1]` with one float32 number. */
  | { readonly tensor: number };

/** Builds an ONNX graph node by node. Methods that add a value return its name, to be used as an input of later nodes. */
export interface Graph {
  /** Adds an input of the graph. */
  readonly input: (name: string, type: ElementType, shape: readonly Dimension[]) => Value;
  /** Adds a constant float32 tensor, row-major. */
  readonly floats: (shape: readonly number[], values: ArrayLike<number>) => Value;
  /**
   * Adds a constant tensor, row-major, whose data is stored in another file: `length` bytes from `offset` on.
   *
   * @param file `location` is relative to the folder of the ONNX file
   * @param type element type; default float32
   */
  readonly external: (
    shape: readonly number[],
    file: { readonly location: string; readonly offset: number; readonly length: number },
    type?: ElementType,
  ) => Value;
  /** Adds a constant int64 tensor, row-major. */
  readonly ints: (shape: readonly number[], values: readonly number[]) => Value;
  /** Adds a constant tensor of int8 or uint8, row-major, as the array's type says. */
  readonly bytes: (shape: readonly number[], values: Int8Array | Uint8Array) => Value;
  /** Adds a node with one output. */
  readonly node: (
    operator: string,
    inputs: readonly Value[],
    attributes?: Readonly<Record<string, Attribute>>,
  ) => Value;
  /** Adds a node with `count` outputs. */
  readonly nodes: (
    operator: string,
    inputs: readonly Value[],
    count: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ) => Value[];
  /** Declares `value` as the graph's output `name`. */
  readonly output: (name: string, value: Value, type: ElementType, shape: readonly Dimension[]) => void;
  /** Serialises the graph as an ONNX model (IR version 8, operator set 17). */
  readonly toBytes: () => Uint8Array;
}

const IR_VERSION = 8;
const OPSET = 17;
/** TensorProto.DataLocation.EXTERNAL. */
const EXTERNAL = 1;
const ELEMENT_TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

type Write = (writer: MessageWriter) => void;

/**
 * Creates an empty graph.
 *
 * @example
 * ```ts
 * const graph = createGraph("double");
 * const x = graph.input("x", "float32", ["n"]);
 * graph.output("y", graph.node("Add", [x, x]), "float32", ["n"]);
 * const session = await InferenceSession.create(graph.toBytes());
 * ```
 */
export const createGraph = (name: string): Graph => {
  const nodes: Write[] = [];
  const initializers = new Map<Value, Write>();
  const used = new Set<Value>();
  const inputs: Write[] = [];
  const outputs: Write[] = [];
  let values = 0;
  const fresh = (prefix: string): Value => `${prefix}_${values++}`;

  const append: Graph["nodes"] = (operator, operands, count, attributes = {}) => {
    const results = Array.from({ length: count }, () => fresh(operator.toLowerCase()));
    for (const operand of operands) used.add(operand);
    nodes.push((writer) => {
      for (const operand of operands) writer.string(1, operand);
      for (const result of results) writer.string(2, result);
      writer.string(4, operator);
      for (const [key, attribute] of Object.entries(attributes)) {
        writer.message(5, (inner) => writeAttribute(inner, key, attribute));
      }
    });
    return results;
  };

  const tensor = (type: ElementType, shape: readonly number[], raw: Uint8Array): Value => {
    const value = fresh("constant");
    initializers.set(value, (writer) => {
      writer.packedInts(1, shape);
      writer.int(2, ELEMENT_TYPES[type]);
      writer.string(8, value);
      writer.bytes(9, raw);
    });
    return value;
  };

  const external: Graph["external"] = (shape, file, type = "float32") => {
    const value = fresh("constant");
    initializers.set(value, (writer) => {
      writer.packedInts(1, shape);
      writer.int(2, ELEMENT_TYPES[type]);
      writer.string(8, value);
      for (const [key, text] of Object.entries(file)) {
        writer.message(13, (entry) => {
          entry.string(1, key);
          entry.string(2, String(text));
        });
      }
      writer.int(14, EXTERNAL);
    });
    return value;
  };

  const single = (
    operator: string,
    operands: readonly Value[],
    attributes?: Readonly<Record<string, Attribute>>,
  ) => {
    const [result] = append(operator, operands, 1, attributes);
    if (result === undefined) throw new RangeError("a node has at least one output");
    return result;
  };

  return {
    input: (inputName, type, shape) => {
      inputs.push((writer) => writeValueInfo(writer, inputName, type, shape));
      return inputName;
    },
    floats: (shape, data) => tensor("float32", shape, new Uint8Array(Float32Array.from(data).buffer)),
    external,
    ints: (shape, data) => tensor("int64", shape, new Uint8Array(BigInt64Array.from(data, BigInt).buffer)),
    bytes: (shape, data) =>
      tensor(
        data instanceof Int8Array ? "int8" : "uint8",
        shape,
        Uint8Array.from(data, (value) => value & 255),
      ),
    node: single,
    nodes: append,
    output: (outputName, value, type, shape) => {
      used.add(value);
      nodes.push((writer) => {
        writer.string(1, value);
        writer.string(2, outputName);
        writer.string(4, "Identity");
      });
      outputs.push((writer) => writeValueInfo(writer, outputName, type, shape));
    },
    toBytes: () =>
      writeMessage((model) => {
        model.int(1, IR_VERSION);
        model.string(2, "anchorage");
        model.message(7, (graph) => {
          for (const node of nodes) graph.message(1, node);
          graph.string(2, name);
          // Skip unused tensors: an importer may have turned a constant into an attribute.
          for (const [value, initializer] of initializers) if (used.has(value)) graph.message(5, initializer);
          for (const input of inputs) graph.message(11, input);
          for (const output of outputs) graph.message(12, output);
        });
        model.message(8, (opset) => {
          opset.string(1, "");
          opset.int(2, OPSET);
        });
      }),
  };
};

const writeAttribute = (writer: MessageWriter, name: string, attribute: Attribute): void => {
  writer.string(1, name);
  if ("float" in attribute) {
    writer.float(2, attribute.float);
    writer.int(20, 1);
  } else if ("int" in attribute) {
    writer.int(3, attribute.int);
    writer.int(20, 2);
  } else if ("string" in attribute) {
    writer.string(4, attribute.string);
    writer.int(20, 3);
  } else if ("tensor" in attribute) {
    writer.message(5, (inner) => {
      inner.packedInts(1, [1]);
      inner.int(2, ELEMENT_TYPES.float32);
      inner.bytes(9, new Uint8Array(Float32Array.of(attribute.tensor).buffer));
    });
    writer.int(20, 4);
  } else if ("floats" in attribute) {
    writer.packedFloats(7, attribute.floats);
    writer.int(20, 6);
  } else {
    writer.packedInts(8, attribute.ints);
    writer.int(20, 7);
  }
};

const writeValueInfo = (
  writer: MessageWriter,
  name: string,
  type: ElementType,
  shape: readonly Dimension[],
): void => {
  writer.string(1, name);
  writer.message(2, (typeProto) => {
    typeProto.message(1, (tensorType) => {
      tensorType.int(1, ELEMENT_TYPES[type]);
      tensorType.message(2, (shapeProto) => {
        for (const dimension of shape) {
          shapeProto.message(1, (dim) => {
            if (typeof dimension === "number") dim.int(1, dimension);
            else dim.string(2, dimension);
          });
        }
      });
    });
  });
};
