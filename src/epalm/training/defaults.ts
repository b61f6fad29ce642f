import type { FeatureSource } from "../adapter/index.ts";
import { defaultInjection } from "../adapter/index.ts";
import type { DecoderConfig } from "../decoder/config.ts";
import type { TrainingOptions } from "./types.ts";

/** What features are brought to: so wide that a shared map stays below 1 % of a small decoder. */
export const PROJECTED_WIDTH = 96;

/**
 * Options for small data: one shared map on projected features, ten prompt tokens, normalised tokens that the rest of the
 * sequence does not change and that leave after the last of their layers. Not the authors', who train six maps and a
 * network on the prompt, on all tokens of a text, at a fiftieth of these rates.
 */
export const defaultTraining = (
  config: DecoderConfig,
  features: readonly FeatureSource[],
): TrainingOptions => ({
  vision:
    features.length === 0
      ? null
      : {
          kind: "epalm",
          mode: "causal-drop",
          injection: defaultInjection(config.layers, features.length),
          tokens: 1,
        },
  features,
  width: PROJECTED_WIDTH,
  shared: true,
  prompt: 10,
  promptNetwork: false,
  tokenNorm: true,
  loss: "answer",
  rates: { connection: 3e-3, prompt: 1e-2 },
  weightDecay: 0.01,
  clip: 1,
  batch: 32,
  epochs: 10,
  warmUp: 0.05,
  patience: 3,
  seed: 1,
});
