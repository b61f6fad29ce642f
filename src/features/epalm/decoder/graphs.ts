import { createGraph, type Graph, type Value } from "../../../onnx/index.ts";
import { createTape, plus, type Tape, type Tensor } from "../tape/index.ts";
import { weightShapes, type DecoderConfig } from "./config.ts";
import {
  forward,
  forwardStep,
  logitsOf,
  planLayers,
  SEEN,
  type DecoderInputs,
  type Shape,
} from "./forward.ts";
import type { KeyValueCache, Weights } from "./layer.ts";

/** Where a weight's numbers are: in the graph, in a file beside it, or given with each run. */
export type WeightSource = (
  graph: Graph,
  name: string,
  shape: readonly number[],
) => { readonly value: Value; readonly live: boolean };

/**
 * The whole sequence at once: `input_ids` and `attention_mask` `[batch, length]`, `visual`
 * `[vectors, batch, tokens, hidden]` and `prompt` `[batch, prompt, word width]` where the shape has them, to `logits`.
 *
 * @param options.places logits of every place, visual and prompt tokens included, or of the last alone, with each layer's
 * `keys.n` and `values.n` to go on from
 */
export const decoderGraph = (
  config: DecoderConfig,
  shape: Shape,
  source: WeightSource,
  options: { readonly places: "all" | "last" },
): Uint8Array => {
  const { tape, weights } = begin(config, source);
  const { graph } = tape;
  const { hidden, memories } = forward(tape, config, weights, inputsOf(tape, config, shape, false), shape);
  if (options.places === "all") {
    graph.output("logits", logitsOf(tape, config, weights, hidden).value, "float32", [
      "batch",
      hidden.shape[1] ?? "places",
      config.vocabulary,
    ]);
    return graph.toBytes();
  }
  offerLast(tape, config, weights, hidden, memories);
  return graph.toBytes();
};

/** One token more: `input_ids` `[batch, 1]`, `attention_mask` of the text so far with it, `past_keys.n`, `past_values.n`. */
export const stepGraph = (config: DecoderConfig, shape: Shape, source: WeightSource): Uint8Array => {
  const { tape, weights } = begin(config, source);
  const { graph } = tape;
  const ids = graph.input("input_ids", "int64", ["batch", 1]);
  const mask = graph.input("attention_mask", "int64", ["batch", "length"]);
  const width = config.hidden / config.heads;
  const tokens = shape.vision?.tokens ?? 0;
  const past = planLayers(config, shape.vision).map(({ isThere }, layer): KeyValueCache => {
    const dims = ["batch", config.heads, isThere ? plus(SEEN, tokens) : SEEN, width];
    const of = (name: string): Tensor =>
      tape.constant(graph.input(`past_${name}.${layer}`, "float32", dims), dims);
    return { keys: of("keys"), values: of("values") };
  });
  const { hidden, memories } = forwardStep(tape, config, weights, { ids, mask, past }, shape);
  offerLast(tape, config, weights, hidden, memories);
  return graph.toBytes();
};

/**
 * Loss and gradients: the inputs of {@link decoderGraph} and `targets` int64 `[batch, length]`, at each place the token
 * that should follow, negative where none is asked for; to `loss` `[batch]`, summed over places, and the gradients of its
 * sum: `d_visual`, `d_prompt`, and `d_<name>` of each weight whose source is live.
 */
export const trainingGraph = (config: DecoderConfig, shape: Shape, source: WeightSource): Uint8Array => {
  const { tape, weights, live } = begin(config, source);
  const { graph } = tape;
  const inputs = inputsOf(tape, config, shape, true);
  const targets = graph.input("targets", "int64", ["batch", "length"]);
  const { hidden, front } = forward(tape, config, weights, inputs, shape);
  const text = front === 0 ? hidden : tape.slice(hidden, 1, front);
  const loss = tape.crossEntropy(logitsOf(tape, config, weights, text), targets);
  graph.output("loss", loss.value, "float32", ["batch"]);
  const asked = new Map<string, Tensor>();
  if (inputs.visual !== undefined) asked.set("d_visual", inputs.visual);
  if (inputs.prompt !== undefined) asked.set("d_prompt", inputs.prompt);
  for (const name of weightShapes(config).keys()) {
    const weight = live.get(name);
    if (weight !== undefined) asked.set(`d_${name}`, weight);
  }
  const gradients = tape.gradients(loss, [...asked.values()]);
  [...asked].forEach(([name, { shape: dims }], i) => {
    graph.output(name, gradients[i] ?? "", "float32", dims);
  });
  return graph.toBytes();
};

const begin = (
  config: DecoderConfig,
  source: WeightSource,
): { readonly tape: Tape; readonly weights: Weights; readonly live: ReadonlyMap<string, Tensor> } => {
  const graph = createGraph("decoder");
  const tape = createTape(graph);
  const shapes = weightShapes(config);
  const made = new Map<string, Tensor>();
  const live = new Map<string, Tensor>();
  const weights: Weights = (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const shape = shapes.get(name);
    if (shape === undefined) throw new RangeError(`a decoder has no weight "${name}"`);
    const { value, live: isLive } = source(graph, name, shape);
    const tensor = isLive ? tape.variable(value, shape) : tape.constant(value, shape);
    made.set(name, tensor);
    if (isLive) live.set(name, tensor);
    return tensor;
  };
  return { tape, weights, live };
};

const inputsOf = (
  tape: Tape,
  config: DecoderConfig,
  { vision, prompt }: Shape,
  live: boolean,
): DecoderInputs => {
  const { graph } = tape;
  const take = (name: string, shape: readonly (number | string)[]): Tensor => {
    const value = graph.input(name, "float32", shape);
    return live ? tape.variable(value, shape) : tape.constant(value, shape);
  };
  const vectors = vision?.kind === "epalm" ? vision.injection.vectors : (vision?.vectors ?? 0);
  return {
    ids: graph.input("input_ids", "int64", ["batch", "length"]),
    mask: graph.input("attention_mask", "int64", ["batch", "length"]),
    ...(vision === undefined
      ? {}
      : { visual: take("visual", [vectors, "batch", vision.tokens, config.hidden]) }),
    ...(prompt === 0 ? {} : { prompt: take("prompt", ["batch", prompt, config.wordWidth]) }),
  };
};

const offerLast = (
  tape: Tape,
  config: DecoderConfig,
  weights: Weights,
  hidden: Tensor,
  memories: readonly KeyValueCache[],
): void => {
  const { graph } = tape;
  const end = graph.ints([1], [Number.MAX_SAFE_INTEGER]);
  const last = graph.node("Slice", [hidden.value, graph.ints([1], [-1]), end, graph.ints([1], [1])]);
  const logits = logitsOf(tape, config, weights, tape.constant(last, ["batch", 1, config.hidden]));
  graph.output("logits", logits.value, "float32", ["batch", 1, config.vocabulary]);
  memories.forEach(({ keys, values }, layer) => {
    graph.output(`keys.${layer}`, keys.value, "float32", keys.shape);
    graph.output(`values.${layer}`, values.value, "float32", values.shape);
  });
};
