import type { LayerSource } from "../adapter/index.ts";
import { defaultInjection } from "../adapter/index.ts";
import type { DecoderConfig } from "../decoder/config.ts";
import type { TrainingOptions } from "./types.ts";

/** What features are brought to: so wide that a shared map stays below 1 % of a small decoder. */
export const PROJECTED_WIDTH = 96;

/**
 * Options for small data: one shared map on projected features, ten prompt tokens, normalised tokens that the rest of the
 * sequence does not change and that leave after the last of their layers. Not the authors', who train six maps and a
 * network on the prompt, on all tokens of a text, and at far lower rates; but a prompt that begins as theirs does, N(0, 1),
 * is a long way from words. Small batches, for on a CPU a step's time grows with its rows.
 */
export const defaultTraining = (config: DecoderConfig, sources: readonly LayerSource[]): TrainingOptions => ({
  vision:
    sources.length === 0
      ? null
      : {
          kind: "epalm",
          mode: "causal-drop",
          injection: defaultInjection(config.layers, sources.length),
          tokens: 1,
        },
  sources,
  width: PROJECTED_WIDTH,
  shared: true,
  prompt: 10,
  promptNetwork: false,
  tokenNorm: true,
  loss: "answer",
  rates: { connection: 1e-2, prompt: 1e-1 },
  weightDecay: 0.01,
  clip: 1,
  batch: 16,
  epochs: 10,
  warmUp: 0.05,
  patience: 3,
  seed: 1,
});
