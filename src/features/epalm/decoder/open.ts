import { randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AnchorageError, messageOf } from "../../../errors.ts";
import { openInference } from "../../../onnx/index.ts";
import type { Decoder, RunNetwork } from "../generate/index.ts";
import type { TextTokenizer } from "../text/tokenizer.ts";
import { DECODER_ID, parseDecoderConfig, type DecoderConfig } from "./config.ts";
import {
  CONFIG_FILE,
  countParameters,
  readDecoderFolder,
  readDecoderJson,
  WEIGHTS_FILE,
  type DecoderFolder,
} from "./folder.ts";
import type { Shape } from "./forward.ts";
import { decoderGraph, stepGraph, trainingGraph, type WeightSource } from "./graphs.ts";
import { keepSessions, type WrittenFile } from "./sessions.ts";

/** A decoder of the OPT kind as it lies in a folder. */
export interface DecoderModel {
  /** The folder's name. */
  readonly id: string;
  /** Of config.json, tokenizer.json and model.safetensors together. */
  readonly sha256: string;
  readonly config: DecoderConfig;
  /** How many numbers it has learnt. */
  readonly parameters: number;
  readonly tokenizer: TextTokenizer;
  /** Opens it for generation. Networks of a few shapes are kept open; of others they are opened again when they are run. */
  readonly open: (shape: Shape) => Promise<Decoder>;
  /** Opens {@link trainingGraph} with the decoder frozen: loss, and the gradients of `visual` and `prompt`. */
  readonly openTraining: (shape: Shape) => Promise<Training>;
  /** Frees what `open` opened; what `openTraining` opened is its caller's. */
  readonly close: () => Promise<void>;
}

export interface Training {
  readonly run: RunNetwork;
  readonly close: () => Promise<void>;
}

/** A folder among the decoders: one that is of the OPT kind, or what is wrong with it. */
export type DecoderListing =
  | { readonly id: string; readonly config: DecoderConfig; readonly parameters: number }
  | { readonly id: string; readonly fault: string };

/** Two networks a shape: one for what is given, one for each token that follows. */
const OPEN_AT_MOST = 8;

/**
 * Opens a decoder's folder. The networks' weights stay in model.safetensors, which their ONNX files point into.
 *
 * @throws AnchorageError `unsupported-model` that names the file and what is wrong with it
 */
export const openDecoderModel = async (folder: string): Promise<DecoderModel> => {
  const directory = resolve(folder);
  const read = await readDecoderFolder(directory);
  const { id, sha256, config, parameters, tokenizer } = read;
  const source = weightsOf(read);
  const sessions = keepSessions(OPEN_AT_MOST);
  const faulty = (error: unknown): AnchorageError =>
    new AnchorageError("unsupported-model", `The decoder "${id}" cannot be opened: ${messageOf(error)}`, {
      cause: error,
    });
  return {
    id,
    sha256,
    config,
    parameters,
    tokenizer,
    open: async (shape) => {
      const key = JSON.stringify(shape);
      const isLegacy = shape.vision?.kind === "epalm" && shape.vision.mode === "legacy";
      const whole = () => writeGraph(directory, decoderGraph(config, shape, source, { places: "last" }));
      const step = () => writeGraph(directory, stepGraph(config, shape, source));
      try {
        await Promise.all([
          sessions.ready(`whole ${key}`, whole),
          ...(isLegacy ? [] : [sessions.ready(`step ${key}`, step)]),
        ]);
      } catch (error) {
        throw faulty(error);
      }
      return {
        config,
        shape,
        whole: sessions.of(`whole ${key}`, whole),
        ...(isLegacy ? {} : { step: sessions.of(`step ${key}`, step) }),
      };
    },
    openTraining: async (shape) => {
      try {
        const { path, remove } = await writeGraph(directory, trainingGraph(config, shape, source));
        return await openInference(path).finally(remove);
      } catch (error) {
        throw faulty(error);
      }
    },
    close: sessions.close,
  };
};

/** The decoders of a folder, by their names; none where there is no such folder. */
export const listDecoders = async (decodersFolder: string): Promise<DecoderListing[]> => {
  const entries = await readdir(decodersFolder, { withFileTypes: true }).catch(() => []);
  const ids = entries
    .filter((entry) => !entry.isFile() && DECODER_ID.test(entry.name))
    .map(({ name }) => name);
  return Promise.all(
    ids.sort().map(async (id) => {
      try {
        const config = parseDecoderConfig(await readDecoderJson(join(decodersFolder, id), CONFIG_FILE));
        return { id, config, parameters: countParameters(config) };
      } catch (error) {
        return { id, fault: `${CONFIG_FILE}: ${messageOf(error)}` };
      }
    }),
  );
};

const weightsOf =
  ({ places }: DecoderFolder): WeightSource =>
  (graph, name, shape) => {
    const place = places.get(name);
    if (place === undefined) throw new RangeError(`there is no weight "${name}"`);
    const { type, offset, length } = place;
    const value = graph.external(shape, { location: WEIGHTS_FILE, offset, length }, type);
    return {
      value: type === "float32" ? value : graph.node("Cast", [value], { to: { int: FLOAT } }),
      live: false,
    };
  };

const FLOAT = 1;

/** Beside the weights, for an ONNX file may point to what lies in its own folder only. */
const writeGraph = async (directory: string, bytes: Uint8Array): Promise<WrittenFile> => {
  const path = join(directory, `.${randomUUID()}.onnx`);
  await writeFile(path, bytes);
  return { path, remove: () => rm(path, { force: true }) };
};
