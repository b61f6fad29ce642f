import { OUTPUTS, type NetworkId } from "./networks.ts";
import { buildNsfwjs } from "./nsfwjs.ts";
import { buildUseLite, readUseLiteVocabulary } from "./use-lite.ts";

/** Files of a folder by name. */
export type Files = Readonly<Record<string, Uint8Array>>;

const BUILDERS: Readonly<Record<NetworkId, (dataDir: string | null) => Promise<Files>>> = {
  "inception-v3": async (dataDir) => ({
    "model.onnx": await buildNsfwjs("inception_v3", "inception-v3", OUTPUTS["inception-v3"], dataDir),
  }),
  "mobilenet-v2": async (dataDir) => ({
    "model.onnx": await buildNsfwjs("mobilenet_v2", "mobilenet-v2", OUTPUTS["mobilenet-v2"], dataDir),
  }),
  "use-lite": async (dataDir) => ({
    "model.onnx": await buildUseLite(OUTPUTS["use-lite"], dataDir),
    "vocabulary.json": await readUseLiteVocabulary(dataDir),
  }),
};

export interface BuildCalls {
  /** Builds a network from the weights beside Anchorage or in `dataDir`; returns its files by name. */
  readonly build: (task: { readonly network: NetworkId; readonly dataDir: string | null }) => Promise<Files>;
}

/** Entry point of the worker thread. */
export const open = (): BuildCalls => ({ build: ({ network, dataDir }) => BUILDERS[network](dataDir) });
