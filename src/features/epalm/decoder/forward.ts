import type { Graph, Value } from "../../../onnx/index.ts";
import { plus, type Tape, type Tensor } from "../tape/index.ts";
import { scheduleOf, type Injection, type LayerAction } from "../injection.ts";
import { POSITION_OFFSET, type DecoderConfig } from "./config.ts";
import { decoderLayer, layerNormOf, project, type KeyValueCache, type Weights } from "./layer.ts";
import { causalMask, stepMask, withVisual } from "./masks.ts";

/**
 * How visual tokens take part.
 *
 * - `legacy`: exactly as in eP-ALM's code. They see everything, so what a layer carries on of them tells earlier places
 *   of later ones; what was computed cannot be kept while a text grows.
 * - `causal-keep`: they see themselves only, and stay to the last layer.
 * - `causal-drop`: the same, and they leave after the last layer that they are put before, as in DePALM.
 */
export type InjectionMode = "legacy" | "causal-keep" | "causal-drop";

/** Absent: a decoder that sees nothing. */
export type Vision =
  | {
      readonly kind: "epalm";
      readonly mode: InjectionMode;
      readonly injection: Injection;
      readonly tokens: number;
    }
  /** All visual tokens in front of the prompt, before the first layer (LiMBeR, arXiv 2209.15162). */
  | { readonly kind: "limber"; readonly vectors: number; readonly tokens: number };

export interface Shape {
  readonly vision?: Vision;
  /** Soft prompt tokens. */
  readonly prompt: number;
}

export interface DecoderInputs {
  /** int64 `[batch, length]`. */
  readonly ids: Value;
  /** int64 `[batch, length]`, 0 for padding. */
  readonly mask: Value;
  /** `[vectors, batch, tokens, hidden]` */
  readonly visual?: Tensor;
  /** `[batch, prompt, word width]` */
  readonly prompt?: Tensor;
}

/** What the number of places that a layer has seen without visual tokens is called. */
export const SEEN = "seen";

/** The final hidden states `[batch, places, hidden]`, and of each layer what it has seen. */
export interface Decoded {
  readonly hidden: Tensor;
  readonly memories: readonly KeyValueCache[];
  /** Places before the text. */
  readonly front: number;
}

/** Everything at once: visual tokens, prompt and text. */
export const forward = (
  tape: Tape,
  config: DecoderConfig,
  weights: Weights,
  inputs: DecoderInputs,
  { vision, prompt }: Shape,
): Decoded => {
  const { visual } = inputs;
  const inFront = vision?.kind === "limber" ? vision.vectors * vision.tokens : 0;
  const prefix = inFront + prompt;
  const text = embedText(tape, config, weights, inputs.ids, positionsOf(tape.graph, inputs.mask));
  const parts = [
    ...(inFront === 0 || visual === undefined ? [] : [laidOut(tape, config, visual, inFront)]),
    ...(inputs.prompt === undefined ? [] : [toHidden(tape, config, weights, inputs.prompt)]),
    text,
  ];
  let hidden = parts.length === 1 ? text : tape.concat(parts, 1);
  const plain = causalMask(tape, inputs.mask, prefix);
  const count = vision?.kind === "epalm" ? vision.tokens : 0;
  const masks = maskFor(vision, plain, (legacy) => withVisual(tape, plain, count, legacy));
  const memories: KeyValueCache[] = [];
  const plan = planLayers(config, vision);
  plan.forEach(({ action, isThere }, layer) => {
    if (visual !== undefined && (action.action === "prepend" || action.action === "replace")) {
      const token = tape.reshape(tape.slice(visual, 0, action.vector, action.vector + 1), [
        "batch",
        count,
        config.hidden,
      ]);
      const rest = action.action === "prepend" ? hidden : tape.slice(hidden, 1, count);
      hidden = tape.concat([token, rest], 1);
    }
    if (!isThere && plan[layer - 1]?.isThere === true) hidden = tape.slice(hidden, 1, count);
    const done = decoderLayer(tape, config, layerWeights(weights, layer), hidden, masks(isThere), undefined);
    hidden = done.hidden;
    memories.push(done.memory);
  });
  const last = plan.at(-1)?.isThere === true ? count : 0;
  return { hidden: finish(tape, config, weights, hidden), memories, front: last + prefix };
};

/** One token more, by what each layer has seen before. Not for `legacy`. */
export const forwardStep = (
  tape: Tape,
  config: DecoderConfig,
  weights: Weights,
  inputs: { readonly ids: Value; readonly mask: Value; readonly past: readonly KeyValueCache[] },
  { vision, prompt }: Shape,
): Decoded => {
  const inFront = vision?.kind === "limber" ? vision.vectors * vision.tokens : 0;
  const count = vision?.kind === "epalm" ? vision.tokens : 0;
  const positions = lastPositionOf(tape.graph, inputs.mask);
  let hidden = embedText(tape, config, weights, inputs.ids, positions, 1);
  const plain = stepMask(tape, inputs.mask, inFront + prompt, plus(SEEN, 1));
  const masks = maskFor(vision, plain, () => withVisual(tape, plain, count, false));
  const memories = planLayers(config, vision).map(({ isThere }, layer) => {
    const done = decoderLayer(
      tape,
      config,
      layerWeights(weights, layer),
      hidden,
      masks(isThere),
      inputs.past[layer],
    );
    hidden = done.hidden;
    return done.memory;
  });
  return { hidden: finish(tape, config, weights, hidden), memories, front: 0 };
};

/** Logits over the vocabulary, by the word embeddings. */
export const logitsOf = (tape: Tape, config: DecoderConfig, weights: Weights, hidden: Tensor): Tensor => {
  const words =
    config.wordWidth === config.hidden ? hidden : project(tape, weights, hidden, "model.decoder.project_out");
  return project(tape, weights, words, "model.decoder.embed_tokens");
};

/** What happens before each layer, and whether visual tokens are in its sequence. */
export const planLayers = (
  { layers }: DecoderConfig,
  vision: Vision | undefined,
): readonly { readonly action: LayerAction; readonly isThere: boolean }[] => {
  if (vision?.kind !== "epalm")
    return Array.from({ length: layers }, () => ({ action: { action: "none" }, isThere: false }));
  const { injection, mode } = vision;
  return scheduleOf(layers, injection).map((action, layer) => ({
    action,
    isThere: action.action !== "none" && !(mode === "causal-drop" && layer >= injection.endLayer),
  }));
};

const maskFor = (
  vision: Vision | undefined,
  plain: Tensor,
  make: (legacy: boolean) => Tensor,
): ((withVisual: boolean) => Tensor) => {
  if (vision?.kind !== "epalm") return () => plain;
  const whole = make(vision.mode === "legacy");
  return (isThere) => (isThere ? whole : plain);
};

const layerWeights =
  (weights: Weights, layer: number): Weights =>
  (name) =>
    weights(`model.decoder.layers.${layer}.${name}`);

const embedText = (
  tape: Tape,
  config: DecoderConfig,
  weights: Weights,
  ids: Value,
  positions: Value,
  length: number | string = "length",
): Tensor => {
  const shape = ["batch", length];
  const words = tape.gather(weights("model.decoder.embed_tokens.weight"), ids, shape);
  const places = tape.gather(weights("model.decoder.embed_positions.weight"), positions, shape);
  return tape.add(toHidden(tape, config, weights, words), places);
};

const toHidden = (tape: Tape, config: DecoderConfig, weights: Weights, words: Tensor): Tensor =>
  config.wordWidth === config.hidden ? words : project(tape, weights, words, "model.decoder.project_in");

/** `[batch, vectors x tokens, hidden]` */
const laidOut = (tape: Tape, { hidden }: DecoderConfig, visual: Tensor, count: number): Tensor =>
  tape.reshape(tape.transpose(visual, [1, 0, 2, 3]), ["batch", count, hidden]);

/** Of each token of a text how many come before it, without padding, which has the row before the first. */
const positionsOf = (graph: Graph, mask: Value): Value => {
  const counted = graph.node("CumSum", [mask, graph.ints([], [1])]);
  const shown = graph.node("Mul", [counted, mask]);
  return graph.node("Add", [shown, graph.ints([1], [POSITION_OFFSET - 1])]);
};

const lastPositionOf = (graph: Graph, mask: Value): Value => {
  const count = graph.node("ReduceSum", [mask, graph.ints([1], [1])], { keepdims: { int: 1 } });
  return graph.node("Add", [count, graph.ints([1], [POSITION_OFFSET - 1])]);
};

const finish = (tape: Tape, { finalNorm }: DecoderConfig, weights: Weights, hidden: Tensor): Tensor =>
  finalNorm ? layerNormOf(tape, weights, hidden, "model.decoder.final_layer_norm") : hidden;
