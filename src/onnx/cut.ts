import { protobufFields, type Field } from "./fields.ts";

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, output: 12, valueInfo: 13 } as const;
const NODE = { input: 1, output: 2, attribute: 5 } as const;
const ATTRIBUTE_GRAPHS = [6, 11];
const TENSOR_NAME = 8;
const VALUE_NAME = 1;

/**
 * An ONNX model without what none of `outputs` needs: fewer nodes, fewer weights, and no other outputs. What is left is
 * as it was, so that outputs are bit for bit the same.
 *
 * @param model an ONNX file whose nodes are in the order of computation and have no graphs within them
 * @param outputs names of outputs of the model
 * @throws RangeError if it is no such file, or has not all of the outputs
 * @example
 * ```ts
 * await writeFile("shallow.onnx", cutModel(await readFile("model.onnx"), ["mixed0"]));
 * ```
 */
export const cutModel = (model: Uint8Array, outputs: readonly string[]): Uint8Array => {
  const parts: Uint8Array[] = [];
  for (const field of protobufFields(model)) {
    if (field.number !== MODEL_GRAPH || field.bytes === undefined) parts.push(field.raw);
    else {
      const graph = cutGraph(field.bytes, outputs);
      const length = graph.reduce((sum, part) => sum + part.length, 0);
      parts.push(Uint8Array.from([...varint(MODEL_GRAPH * 8 + 2), ...varint(length)]), ...graph);
    }
  }
  return Buffer.concat(parts);
};

const cutGraph = (graph: Uint8Array, outputs: readonly string[]): Uint8Array[] => {
  const fields = [...protobufFields(graph)];
  const needed = new Set(outputs);
  const found = new Set(
    fields.flatMap((field) => (field.number === GRAPH.output ? [nameIn(field, VALUE_NAME)] : [])),
  );
  const missing = outputs.find((output) => !found.has(output));
  if (missing !== undefined) throw new RangeError(`the model has no output ${missing}`);
  const kept = new Set<Field>();
  for (const field of fields.toReversed()) {
    if (field.number !== GRAPH.node) continue;
    const node = [...protobufFields(field.bytes ?? new Uint8Array(0))];
    const texts = (number: number): string[] =>
      node.flatMap((part) => (part.number === number ? [textOf(part.bytes)] : []));
    if (!texts(NODE.output).some((name) => needed.has(name))) continue;
    if (node.some((part) => part.number === NODE.attribute && holdsGraph(part)))
      throw new RangeError("the model has graphs within its nodes");
    kept.add(field);
    for (const name of texts(NODE.input)) needed.add(name);
  }
  return fields.flatMap((field) => (isNeeded(field, kept, needed, outputs) ? [field.raw] : []));
};

const isNeeded = (
  field: Field,
  kept: ReadonlySet<Field>,
  needed: ReadonlySet<string>,
  outputs: readonly string[],
): boolean => {
  switch (field.number) {
    case GRAPH.node:
      return kept.has(field);
    case GRAPH.initializer:
      return needed.has(nameIn(field, TENSOR_NAME));
    case GRAPH.output:
      return outputs.includes(nameIn(field, VALUE_NAME));
    case GRAPH.valueInfo:
      return needed.has(nameIn(field, VALUE_NAME));
    default:
      return true;
  }
};

const holdsGraph = (attribute: Field): boolean =>
  [...protobufFields(attribute.bytes ?? new Uint8Array(0))].some(({ number }) =>
    ATTRIBUTE_GRAPHS.includes(number),
  );

const nameIn = ({ bytes = new Uint8Array(0) }: Field, number: number): string => {
  for (const field of protobufFields(bytes)) if (field.number === number) return textOf(field.bytes);
  return "";
};

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
};
