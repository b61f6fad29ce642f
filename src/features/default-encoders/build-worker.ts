import { OUTPUTS, type NetworkId } from "./networks.ts";
import { buildNsfwjs } from "./nsfwjs.ts";
import { buildUseLite, readUseLiteVocabulary } from "./use-lite.ts";

/** Files of a folder by name. */
export type Files = Readonly<Record<string, Uint8Array>>;

const BUILDERS: Readonly<Record<NetworkId, () => Promise<Files>>> = {
  "inception-v3": async () => ({
    "model.onnx": await buildNsfwjs("inception_v3", "inception-v3", OUTPUTS["inception-v3"]),
  }),
  "mobilenet-v2": async () => ({
    "model.onnx": await buildNsfwjs("mobilenet_v2", "mobilenet-v2", OUTPUTS["mobilenet-v2"]),
  }),
  "use-lite": async () => ({
    "model.onnx": await buildUseLite(OUTPUTS["use-lite"]),
    "vocabulary.json": await readUseLiteVocabulary(),
  }),
};

export interface BuildCalls {
  /** Builds a network; returns its files by name. */
  readonly build: (network: NetworkId) => Promise<Files>;
}

/** Entry point of the worker thread. */
export const open = (): BuildCalls => ({ build: (network) => BUILDERS[network]() });
