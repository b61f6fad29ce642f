import {
  defaultTraining,
  type DecoderConfig,
  type FeatureSource,
  type InjectionMode,
  type TrainingOptions,
} from "../../epalm/index.ts";

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
  /** Encoder layers, the deepest ones. */
  readonly vectors: number;
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

/** The row that ablations differ from in one thing. */
export const MAIN_PLAN = "adapter";

const plan = (id: string, name: string, changed: Partial<Plan> = {}): Plan => ({
  ...BASE,
  id,
  name,
  ...changed,
});

/** Those that matter most first. */
export const PLANS: readonly Plan[] = [
  plan("blind", "decoder alone, blind", { kind: "decoder", method: "none" }),
  plan("blind-retrieved", "decoder alone + retrieved captions", {
    kind: "decoder",
    method: "none",
    retrieved: true,
  }),
  plan("retrieval", "retrieval alone", { kind: "retrieval", method: "none" }),
  plan(MAIN_PLAN, "adapter"),
  plan("adapter-retrieved", "adapter + retrieved captions", { retrieved: true }),
  plan("prompt-only", "trained prompt alone, blind", { method: "none" }),
  plan("blindfold", "adapter, its visual tokens zeros", { kind: "blindfold" }),
  plan("limber", "limber (all tokens in front of layer 0)", { method: "limber" }),
  plan("prompt-only-retrieved", "trained prompt + retrieved captions", { method: "none", retrieved: true }),
  plan("adapter-10", "adapter, 10 % of the images", { share: 0.1 }),
  plan("adapter-30", "adapter, 30 % of the images", { share: 0.3 }),
  plan("separate", "a map for each token", { shared: false }),
  plan("one-token", "1 token (the deepest layer)", { vectors: 1 }),
  plan("prompt-0", "no prompt", { prompt: 0 }),
  plan("no-norm", "tokens not normalised", { tokenNorm: false }),
  plan("adapter-retrieved-10", "adapter + retrieved captions, 10 % of the images", {
    share: 0.1,
    retrieved: true,
  }),
  plan("adapter-retrieved-30", "adapter + retrieved captions, 30 % of the images", {
    share: 0.3,
    retrieved: true,
  }),
  plan("retrieval-10", "retrieval alone, 10 % of the images", {
    kind: "retrieval",
    method: "none",
    share: 0.1,
  }),
  plan("retrieval-30", "retrieval alone, 30 % of the images", {
    kind: "retrieval",
    method: "none",
    share: 0.3,
  }),
  plan("prompt-1", "a prompt of 1", { prompt: 1 }),
  plan("legacy", "mode legacy", { mode: "legacy" }),
  plan("causal-keep", "mode causal-keep", { mode: "causal-keep" }),
  plan("limber-retrieved", "limber + retrieved captions", { method: "limber", retrieved: true }),
];

/** What a plan trains with, of features by `sources`, the shallowest first. */
export const optionsOf = (
  { method, vectors, mode, shared, tokenNorm, prompt }: Plan,
  config: DecoderConfig,
  sources: readonly FeatureSource[],
): TrainingOptions => {
  const used = method === "none" ? [] : sources.slice(-vectors);
  const options = { ...defaultTraining(config, used), shared, tokenNorm, prompt };
  const { vision } = options;
  if (method === "limber") return { ...options, vision: { kind: "limber", vectors: used.length, tokens: 1 } };
  return vision?.kind === "epalm" ? { ...options, vision: { ...vision, mode } } : options;
};
