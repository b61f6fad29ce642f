import { rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AnchorageError } from "../../../src/errors.ts";
import { countParameters } from "../../../src/features/epalm/decoder/folder.ts";
import type { DecoderConfig } from "../../../src/features/epalm/decoder/config.ts";
import { writeDecoder } from "../../../src/features/epalm/decoder/write.ts";
import { createTextTokenizer } from "../../../src/features/epalm/text/tokenizer.ts";
import { SPECIAL_TOKENS } from "../../../src/features/epalm/text/prompts.ts";
import { trainBpe } from "./train-bpe.ts";
import { readCheckpoint, writeCheckpoint, type CurvePoint, type TrainingState } from "./checkpoint.ts";
import { makeCorpus } from "./corpus.ts";
import { pretrain, type PretrainingSettings } from "./pretrain.ts";
import { readThings } from "./things.ts";

/** The size of a decoder to be trained. */
export interface DecoderSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly feedForward: number;
  /** Tokens at most; fewer where the texts do not have so many. */
  readonly vocabulary: number;
  readonly positions: number;
}

export interface EmojiDecoderSettings {
  readonly size: DecoderSize;
  /** Lines that are learnt of. */
  readonly lines: number;
  readonly validationLines: number;
  readonly training: PretrainingSettings;
}

export interface EmojiDecoderHooks {
  readonly signal: AbortSignal;
  readonly onStart?: (told: { parameters: number; vocabulary: number; tokens: number; from: number }) => void;
  readonly onStep?: (done: number, steps: number, loss: number) => void;
  readonly onPoint?: (point: CurvePoint) => void;
}

/** Lines that a tokenizer is learnt of; more of them hold the same words. */
const TOKENIZER_LINES = 20_000;
const [BOS, PAD] = [SPECIAL_TOKENS.indexOf("</s>"), SPECIAL_TOKENS.indexOf("<pad>")];

/**
 * Trains a decoder on the words of all emoji and writes its folder. Stopped, it leaves a checkpoint beside the folder,
 * from which the same settings go on.
 *
 * @returns the curve, and whether it came to its end
 * @throws AnchorageError `conflict` where the folder is there already, or the checkpoint is of other settings
 */
export const trainEmojiDecoder = async (
  folder: string,
  settings: EmojiDecoderSettings,
  hooks: EmojiDecoderHooks,
): Promise<{ readonly curve: readonly CurvePoint[]; readonly finished: boolean }> => {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  if (isThere) throw new AnchorageError("conflict", `${folder} is there already`);
  const { size, lines, validationLines, training } = settings;
  const corpus = makeCorpus(await readThings(), { lines, validation: validationLines, seed: training.seed });
  const tokenizer = trainBpe(corpus.training.slice(0, TOKENIZER_LINES), size.vocabulary, true);
  const { encode } = createTextTokenizer(tokenizer, {}, size.vocabulary);
  const rowsOf = (texts: readonly string[]): number[][] =>
    texts.map((text) => [BOS, ...encode(text).slice(0, size.positions - 2), BOS]);
  const rows = { training: rowsOf(corpus.training), validation: rowsOf(corpus.validation) };
  const config = configOf(size);

  const unfinished = join(dirname(folder), `.${basename(folder)}.unfinished`);
  const file = join(unfinished, "checkpoint.safetensors");
  const key = JSON.stringify(settings);
  const save = (state: TrainingState): Promise<void> => writeCheckpoint(file, key, state);
  const from = await readCheckpoint(file, key);
  hooks.onStart?.({
    parameters: countParameters(config),
    vocabulary: config.vocabulary,
    tokens: rows.training.reduce((sum, { length }) => sum + length, 0) * training.epochs,
    from: from?.optimiser.step ?? 0,
  });
  const { state, finished } = await pretrain(config, rows, training, {
    from,
    signal: hooks.signal,
    ...(hooks.onStep === undefined ? {} : { onStep: hooks.onStep }),
    onPoint: async (point, now) => {
      hooks.onPoint?.(point);
      await save(now);
    },
  });
  if (finished) {
    await writeDecoder(folder, { config, tensors: state.weights, tokenizer });
    await rm(unfinished, { recursive: true, force: true });
  } else await save(state);
  return { curve: state.curve, finished };
};

const configOf = (size: DecoderSize): DecoderConfig => ({
  ...size,
  wordWidth: size.hidden,
  normFirst: true,
  finalNorm: true,
  pad: PAD,
  bos: BOS,
  eos: BOS,
});
