import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { AnchorageError, messageOf } from "../../../errors.ts";
import type { ElementType } from "../../../onnx/index.ts";
import { readSafetensorsHeader, type TensorPlace } from "../../files/safetensors/index.ts";
import { createTextTokenizer, type TextTokenizer } from "../text/tokenizer.ts";
import { parseDecoderConfig, weightShapes, type DecoderConfig } from "./config.ts";

export const WEIGHTS_FILE = "model.safetensors";
export const CONFIG_FILE = "config.json";
export const TOKENIZER_FILE = "tokenizer.json";
export const TOKENIZER_CONFIG_FILE = "tokenizer_config.json";

/** The files that determine a decoder's output; the decoder's hash covers their bytes. */
const HASHED = [CONFIG_FILE, TOKENIZER_FILE, WEIGHTS_FILE];

/** Eight bytes say how long the header is. */
const LENGTH_BYTES = 8;
const LONGEST_HEADER = 100_000_000;

/** Where one weight lies in model.safetensors. */
export interface WeightPlace {
  readonly type: ElementType;
  readonly offset: number;
  readonly length: number;
}

/** A decoder's folder, read and checked, but for the weights' numbers. */
export interface DecoderFolder {
  readonly id: string;
  readonly sha256: string;
  readonly config: DecoderConfig;
  readonly parameters: number;
  readonly tokenizer: TextTokenizer;
  /** By the names of {@link weightShapes}. */
  readonly places: ReadonlyMap<string, WeightPlace>;
}

/**
 * Reads a folder with `config.json`, `model.safetensors`, `tokenizer.json` and `tokenizer_config.json` as Hugging Face
 * has them.
 *
 * @throws AnchorageError `unsupported-model` that names the file and what is wrong with it
 */
export const readDecoderFolder = async (folder: string): Promise<DecoderFolder> => {
  const id = basename(folder);
  const of = async <T>(name: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      throw new AnchorageError(
        "unsupported-model",
        `The decoder "${id}" cannot be used: ${name}: ${reasonOf(error)}`,
        { cause: error },
      );
    }
  };
  const config = await of(CONFIG_FILE, async () =>
    parseDecoderConfig(await readDecoderJson(folder, CONFIG_FILE)),
  );
  const tokenizerConfig = await of(TOKENIZER_CONFIG_FILE, () =>
    readDecoderJson(folder, TOKENIZER_CONFIG_FILE),
  );
  const tokenizer = await of(TOKENIZER_FILE, async () =>
    createTextTokenizer(await readDecoderJson(folder, TOKENIZER_FILE), tokenizerConfig, config.vocabulary),
  );
  const places = await of(WEIGHTS_FILE, async () =>
    placesOf(config, await readHeader(join(folder, WEIGHTS_FILE))),
  );
  const sums = await Promise.all(
    HASHED.map((name) => of(name, async () => `${name} ${await sha256Of(join(folder, name))}\n`)),
  );
  return {
    id,
    sha256: createHash("sha256").update(sums.join("")).digest("hex"),
    config,
    parameters: countParameters(config),
    tokenizer,
    places,
  };
};

/** How many numbers a decoder has learnt. */
export const countParameters = (config: DecoderConfig): number =>
  [...weightShapes(config).values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);

export const readDecoderJson = async (folder: string, name: string): Promise<unknown> => {
  const text = await readFile(join(folder, name), "utf8");
  return JSON.parse(text);
};

const readHeader = async (path: string): Promise<ReadonlyMap<string, TensorPlace>> => {
  const { size } = await stat(path);
  const handle = await open(path);
  try {
    const start = Buffer.alloc(LENGTH_BYTES);
    await handle.read(start, 0, LENGTH_BYTES, 0);
    const length = Math.min(Number(start.readBigUInt64LE()), LONGEST_HEADER, size);
    const bytes = new Uint8Array(LENGTH_BYTES + length);
    await handle.read(bytes, 0, bytes.length, 0);
    return readSafetensorsHeader(bytes, size).places;
  } finally {
    await handle.close();
  }
};

/** Exports of the model without its head leave the first part of the names out. */
const HEAD = "model.";

const TYPES: Readonly<Record<string, ElementType>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

const placesOf = (
  config: DecoderConfig,
  found: ReadonlyMap<string, TensorPlace>,
): ReadonlyMap<string, WeightPlace> =>
  new Map(
    [...weightShapes(config)].map(([name, shape]) => {
      const place = found.get(name) ?? found.get(name.slice(HEAD.length));
      if (place === undefined) throw unsupported(`there is no "${name}"`);
      if (place.shape.join() !== shape.join())
        throw unsupported(
          `"${name}" is [${place.shape.join(", ")}], but by config.json it is [${shape.join(", ")}]`,
        );
      const type = TYPES[place.type];
      if (type === undefined)
        throw unsupported(`"${name}" is of type ${place.type}; F32, F16 and BF16 are read`);
      return [name, { type, offset: place.offset, length: place.length }];
    }),
  );

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
};

const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? "there is no such file in its folder"
    : messageOf(error);

const unsupported = (message: string): AnchorageError => new AnchorageError("unsupported-model", message);
