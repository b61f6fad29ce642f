import { AnchorageError } from "../../../errors.ts";
import type { Random } from "../../../math/random.ts";
import type { AdapterShape, NamedTensor, Tensors } from "./types.ts";

export const PROMPT = "prompt_module.prefix_embedding";

/** The name of a vector's map. */
export const connectorOf = ({ shared }: AdapterShape, vector: number): string =>
  `connector.${shared ? 0 : vector}`;

export const scaleOf = ({ shared }: AdapterShape, vector: number): string =>
  `token_norm.${shared ? 0 : vector}.scale`;

/** The name and shape of each of an adapter's tensors, as the authors call them. */
export const adapterShapes = (shape: AdapterShape): Map<string, readonly number[]> => {
  const shapes = new Map<string, readonly number[]>();
  shape.features.forEach((width, vector) => {
    const name = connectorOf(shape, vector);
    shapes.set(`${name}.weight`, [shape.hidden, width]).set(`${name}.bias`, [shape.hidden]);
    if (shape.tokenNorm) shapes.set(scaleOf(shape, vector), [1]);
  });
  if (shape.prompt === 0) return shapes;
  const { wordWidth } = shape;
  shapes.set(`${PROMPT}.0.weight`, [shape.prompt, wordWidth]);
  if (!shape.promptNetwork) return shapes;
  for (const layer of [1, 3])
    shapes
      .set(`${PROMPT}.${layer}.weight`, [wordWidth, wordWidth])
      .set(`${PROMPT}.${layer}.bias`, [wordWidth]);
  return shapes;
};

/** How many numbers are trained. */
export const adapterSize = (shape: AdapterShape): number =>
  [...adapterShapes(shape).values()].reduce((sum, dims) => sum + sizeOf(dims), 0);

/** At first: maps uniform in ±1/sqrt(width), as PyTorch has it, the prompt normal, scales 1. */
export const initialAdapter = (shape: AdapterShape, random: Random): Tensors => {
  const tensors: Tensors = new Map();
  for (const [name, dims] of adapterShapes(shape)) {
    const data = new Float32Array(sizeOf(dims));
    if (name === `${PROMPT}.0.weight`) fill(data, () => normal(random));
    else if (name.startsWith("token_norm")) data.fill(1);
    else {
      const width = widthInto(shape, name);
      fill(data, () => (2 * random.next() - 1) / Math.sqrt(width));
    }
    tensors.set(name, { shape: dims, data });
  }
  return tensors;
};

/** @throws AnchorageError `unprocessable` that names what is missing, of another shape, or too much. */
export const checkAdapter = (shape: AdapterShape, tensors: ReadonlyMap<string, NamedTensor>): void => {
  const wanted = adapterShapes(shape);
  const faults: string[] = [];
  for (const [name, dims] of wanted) {
    const found = tensors.get(name);
    if (found === undefined) faults.push(`${name} is missing`);
    else if (found.shape.join() !== dims.join())
      faults.push(`${name} is [${found.shape.join(", ")}] and should be [${dims.join(", ")}]`);
    else if (!found.data.every(Number.isFinite)) faults.push(`${name} holds a number that is not finite`);
  }
  for (const name of tensors.keys()) if (!wanted.has(name)) faults.push(`${name} is of no use here`);
  if (faults.length > 0)
    throw new AnchorageError("unprocessable", `The adapter does not fit: ${faults.join("; ")}.`, {
      faults: faults.map((message) => ({ path: ["weights"], message })),
    });
};

const sizeOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** The inputs of each output of a map. */
const widthInto = (shape: AdapterShape, name: string): number => {
  if (name.startsWith(PROMPT)) return shape.wordWidth;
  return shape.features[Number(name.split(".")[1])] ?? 1;
};

const fill = (data: Float32Array, next: () => number): void => {
  for (let i = 0; i < data.length; i++) data[i] = next();
};

/** Box and Muller. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
