import type { Tape, Tensor } from "../tape/index.ts";
import { NORM_EPSILON, type DecoderConfig } from "./config.ts";

/** A weight by the end of its name. */
export type Weights = (name: string) => Tensor;

/** What a layer has seen before: keys and values `[batch, heads, places, width of a head]`. */
export interface KeyValueCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * One layer of an OPT decoder: attention, then a network of two layers, each added to what came in.
 *
 * @param hidden `[batch, places, hidden]`
 * @param mask to be added to scores
 * @param past what came before these places
 * @returns with the keys and values of all places, those of `past` first
 */
export const decoderLayer = (
  tape: Tape,
  config: DecoderConfig,
  weights: Weights,
  hidden: Tensor,
  mask: Tensor,
  past: KeyValueCache | undefined,
): { readonly hidden: Tensor; readonly memory: KeyValueCache } => {
  const { heads, normFirst } = config;
  const width = config.hidden / heads;
  const [batch = 1, places = 1] = hidden.shape;
  const norm = (x: Tensor, name: string): Tensor => layerNormOf(tape, weights, x, name);
  const split = (x: Tensor): Tensor =>
    tape.transpose(tape.reshape(x, [batch, places, heads, width]), [0, 2, 1, 3]);
  const before = (x: Tensor, name: string): Tensor => (normFirst ? norm(x, name) : x);
  const after = (x: Tensor, name: string): Tensor => (normFirst ? x : norm(x, name));

  const shown = before(hidden, "self_attn_layer_norm");
  const queries = split(tape.scale(linear(tape, weights, shown, "self_attn.q_proj"), 1 / Math.sqrt(width)));
  const keys = joined(tape, past?.keys, split(linear(tape, weights, shown, "self_attn.k_proj")));
  const values = joined(tape, past?.values, split(linear(tape, weights, shown, "self_attn.v_proj")));
  const scores = tape.add(tape.matmul(queries, tape.transpose(keys, [0, 1, 3, 2])), mask);
  const seen = tape.transpose(tape.matmul(tape.softmax(scores), values), [0, 2, 1, 3]);
  const attended = linear(
    tape,
    weights,
    tape.reshape(seen, [batch, places, config.hidden]),
    "self_attn.out_proj",
  );
  const middle = after(tape.add(hidden, attended), "self_attn_layer_norm");
  const wide = tape.relu(linear(tape, weights, before(middle, "final_layer_norm"), "fc1"));
  const result = after(tape.add(middle, linear(tape, weights, wide, "fc2")), "final_layer_norm");
  return { hidden: result, memory: { keys, values } };
};

export const layerNormOf = (tape: Tape, weights: Weights, x: Tensor, name: string): Tensor =>
  tape.layerNorm(x, weights(`${name}.weight`), weights(`${name}.bias`), NORM_EPSILON);

const linear = (tape: Tape, weights: Weights, x: Tensor, name: string): Tensor =>
  tape.add(project(tape, weights, x, name), weights(`${name}.bias`));

/** By a matrix `[out, in]`. */
export const project = (tape: Tape, weights: Weights, x: Tensor, name: string): Tensor =>
  tape.matmul(x, tape.transpose(weights(`${name}.weight`), [1, 0]));

const joined = (tape: Tape, past: Tensor | undefined, now: Tensor): Tensor =>
  past === undefined ? now : tape.concat([past, now], 2);
