import {
  defaultTraining,
  type DecoderConfig,
  type LayerSource,
  type InjectionMode,
  type TrainingOptions,
} from "../../../src/features/epalm/index.ts";

/** One row of the report: what sees and what is trained. */
export interface Plan {
  readonly id: string;
  readonly name: string;
  /**
   * `retrieval` answers as the nearest training image; `decoder` is the decoder alone, `trained` with an adapter, and
   * `blindfold` with the adapter of another plan, whose visual tokens are made zeros.
   */
  readonly kind: "retrieval" | "decoder" | "trained" | "blindfold";
  /** Whether captions of the nearest training images stand before the question. */
  readonly retrieved: boolean;
  /** Of the training images. */
  readonly share: number;
  readonly method: "epalm" | "limber" | "none";
  /** Encoder layers, the deepest ones, or where `shallow` the others. */
  readonly vectors: number;
  readonly shallow?: boolean | undefined;
  readonly mode: InjectionMode;
  readonly shared: boolean;
  readonly tokenNorm: boolean;
  readonly prompt: number;
}

const BASE: Omit<Plan, "id" | "name"> = {
  kind: "trained",
  retrieved: false,
  share: 1,
  method: "epalm",
  vectors: 6,
  mode: "causal-drop",
  shared: true,
  tokenNorm: true,
  prompt: 10,
};

/** The adapter on all training images. */
export const MAIN_PLAN = "adapter";
/** What ablations differ from in one thing. */
export const ABLATED_PLAN = "adapter-30";
const ABLATED_SHARE = 0.3;

const plan = (id: string, name: string, changed: Partial<Plan> = {}): Plan => ({
  ...BASE,
  id,
  name,
  ...changed,
});

const ablation = (id: string, name: string, changed: Partial<Plan>): Plan =>
  plan(id, name, { ...changed, share: ABLATED_SHARE });

const NOTHING_TRAINED = { method: "none" } as const;

/** On all training images, or as they grow in number. */
export const GROWTH_PLANS: readonly Plan[] = [
  plan("blind", "decoder alone, blind", { ...NOTHING_TRAINED, kind: "decoder" }),
  plan("blind-retrieved", "decoder alone + retrieved captions", {
    ...NOTHING_TRAINED,
    kind: "decoder",
    retrieved: true,
  }),
  plan("retrieval", "retrieval alone", { ...NOTHING_TRAINED, kind: "retrieval" }),
  plan("retrieval-30", "retrieval alone, 30 % of the images", {
    ...NOTHING_TRAINED,
    kind: "retrieval",
    share: 0.3,
  }),
  plan("retrieval-10", "retrieval alone, 10 % of the images", {
    ...NOTHING_TRAINED,
    kind: "retrieval",
    share: 0.1,
  }),
  plan(MAIN_PLAN, "adapter"),
  plan("blindfold", "adapter, its visual tokens zeros", { kind: "blindfold" }),
  plan("adapter-retrieved", "adapter + retrieved captions", { retrieved: true }),
  plan(ABLATED_PLAN, "adapter, 30 % of the images", { share: ABLATED_SHARE }),
  plan("adapter-10", "adapter, 10 % of the images", { share: 0.1 }),
  plan("prompt-only", "trained prompt alone, blind, 30 % of the images", {
    method: "none",
    share: ABLATED_SHARE,
  }),
  plan("adapter-retrieved-30", "adapter + retrieved captions, 30 % of the images", {
    share: ABLATED_SHARE,
    retrieved: true,
  }),
  plan("adapter-retrieved-10", "adapter + retrieved captions, 10 % of the images", {
    share: 0.1,
    retrieved: true,
  }),
  plan("limber", "limber (all tokens in front of layer 0)", { method: "limber" }),
];

/** On 30 % of the training images. */
export const ABLATION_PLANS: readonly Plan[] = [
  ablation("limber-30", "limber (all tokens in front of layer 0)", { method: "limber" }),
  ablation("separate", "a map for each token", { shared: false }),
  ablation("one-token", "1 token (the deepest layer)", { vectors: 1 }),
  ablation("four-tokens", "4 tokens (mixed5 to mixed8, decoder layers 1 to 4)", {
    vectors: 4,
    shallow: true,
  }),
  ablation("prompt-0", "no prompt", { prompt: 0 }),
  ablation("prompt-1", "a prompt of 1", { prompt: 1 }),
  ablation("no-norm", "tokens not normalised", { tokenNorm: false }),
  ablation("legacy", "mode legacy", { mode: "legacy" }),
  ablation("causal-keep", "mode causal-keep", { mode: "causal-keep" }),
  ablation("prompt-only-retrieved", "trained prompt + retrieved captions, no visual token", {
    method: "none",
    retrieved: true,
  }),
];

/** Those that matter most first. */
export const PLANS: readonly Plan[] = [...GROWTH_PLANS, ...ABLATION_PLANS];

/** Of what there is one for each layer, that of the layers which a plan uses. */
export const layersUsed = <T>(
  { vectors, shallow }: Pick<Plan, "vectors" | "shallow">,
  layers: readonly T[],
): T[] => (shallow === true ? layers.slice(0, vectors) : layers.slice(-vectors));

/** What a plan trains with, of features by `sources`, the shallowest first. */
export const optionsOf = (
  { method, vectors, shallow, mode, shared, tokenNorm, prompt }: Plan,
  config: DecoderConfig,
  sources: readonly LayerSource[],
): TrainingOptions => {
  const used = method === "none" ? [] : layersUsed({ vectors, shallow }, sources);
  const options = { ...defaultTraining(config, used), shared, tokenNorm, prompt };
  const { vision } = options;
  if (method === "limber") return { ...options, vision: { kind: "limber", vectors: used.length, tokens: 1 } };
  return vision?.kind === "epalm" ? { ...options, vision: { ...vision, mode } } : options;
};
