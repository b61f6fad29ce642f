import { readFileSync } from "node:fs";
import { parseDecoderConfig, type DecoderConfig, type WeightSource } from "../../src/features/epalm/index.ts";

interface Data {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A tiny decoder of random weights, and what the authors' code makes of it (mshukor/eP-ALM, commit 9ecfeb9). */
export interface ReferenceCase {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>> & {
    readonly start_layer_idx: number;
    readonly end_layer_idx: number;
    readonly text_step: number;
  };
  readonly vis_dim: number;
  readonly injected_hidden_states: number;
  readonly shared_connector: boolean;
  readonly prompt: { readonly len: number; readonly mlp: boolean };
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  readonly encoder_hidden_states_after_final_norm: readonly Data[];
  readonly weights_frozen: Readonly<Record<string, Data>>;
  readonly weights_trainable: Readonly<Record<string, Data>>;
  readonly logits: Data;
  readonly loss_per_sample_sum: readonly number[];
  readonly train_loss_scalar: number;
  readonly no_image: { readonly logits: Data; readonly loss_per_sample_sum: readonly number[] };
  readonly grads_of_train_loss_scalar: Readonly<Record<string, Data>>;
  readonly training: {
    readonly optimizer_config: {
      readonly lr: number;
      readonly weight_decay: number;
      readonly prompt_lr: number;
    };
    readonly losses_before_each_step_then_final: readonly number[];
    readonly weights_after: Readonly<Record<string, Data>>;
  };
  readonly greedy_no_cache: { readonly start: readonly number[]; readonly tokens: readonly number[] };
}

export const readReference = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/epalm/${name}.json`, import.meta.url), "utf8"));

export const referenceCases = (): ReferenceCase[] => readReference("forward_cases") as ReferenceCase[];

export const configOf = (item: ReferenceCase): DecoderConfig => parseDecoderConfig(item.config);

/** The frozen weights in the graph itself. */
export const frozenWeights =
  (item: ReferenceCase): WeightSource =>
  (graph, name, shape) => {
    const found = item.weights_frozen[name];
    if (found?.shape.join() !== shape.join()) throw new RangeError(`${name} is not [${shape.join(", ")}]`);
    return { value: graph.floats(shape, found.data), live: false };
  };

/** The encoder's CLS vectors, `[vectors][batch][width]`, of the last hidden states. */
export const clsOf = (item: ReferenceCase): Float32Array[][] =>
  item.encoder_hidden_states_after_final_norm
    .slice(-item.injected_hidden_states)
    .map(({ shape: [batch = 0, places = 0, width = 0], data }) =>
      Array.from({ length: batch }, (_, row) =>
        Float32Array.from(data.slice(row * places * width, row * places * width + width)),
      ),
    );
