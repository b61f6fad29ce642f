import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decoderDirectory } from "../../src/config.ts";
import {
  weightShapes,
  writeDecoder,
  type DecoderConfig,
  type Tensors,
} from "../../src/features/epalm/index.ts";
import { trainBpe } from "../../research/epalm/pretraining/train-bpe.ts";
import { normals, seededRandom } from "./random.ts";

export const TINY_CONFIG: DecoderConfig = {
  vocabulary: 300,
  hidden: 16,
  wordWidth: 16,
  layers: 3,
  heads: 2,
  feedForward: 32,
  positions: 64,
  normFirst: true,
  finalNorm: true,
  pad: 1,
  bos: 2,
  eos: 2,
};

const TEXTS = [
  "what is it?</a>a red fox</s>",
  "which colour is a fox?</a>red</s>",
  "which group is it in?</a>animals</s>",
  "like: a red fox; a red car; a red rose. which colour is it?</a>red</s>",
];

/** Random weights: norms about 1, the others about 0. */
export const tinyTensors = (config: DecoderConfig, seed: number): Tensors => {
  const random = seededRandom(seed);
  return new Map(
    [...weightShapes(config)].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const centre = name.endsWith("norm.weight") ? 1 : 0;
      return [name, { shape, data: normals(size, random).map((value) => centre + 0.2 * value) }];
    }),
  );
};

/** Writes a decoder of random weights with a tokenizer of a few words; it says nothing that makes sense. */
export const writeTinyDecoder = async (
  folder: string,
  { seed = 1, config = TINY_CONFIG }: { readonly seed?: number; readonly config?: DecoderConfig } = {},
): Promise<Tensors> => {
  const tensors = tinyTensors(config, seed);
  await writeDecoder(folder, { config, tensors, tokenizer: trainBpe(TEXTS, config.vocabulary) });
  return tensors;
};

/** A folder of decoders for one test file, and how to take it away. */
export const temporaryDecoders = async (): Promise<{
  readonly path: (id: string) => string;
  readonly folder: string;
  /** A DATA_DIR whose decoders these are. */
  readonly dataDir: string;
  readonly remove: () => Promise<void>;
}> => {
  const dataDir = await mkdtemp(join(tmpdir(), "decoders-"));
  const folder = decoderDirectory(dataDir);
  await mkdir(folder);
  return {
    ...{ dataDir, folder },
    path: (id) => join(folder, id),
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
};
