import { join } from "node:path";
import { z } from "zod";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import { readConfig } from "../../src/config.ts";
import {
  extractAnswer,
  beamSearch,
  DECODER_ID,
  openDecoderModel,
  questionPrompt,
  type DecoderModel,
} from "../../src/features/epalm/index.ts";
import { PRETRAINING_DEFAULTS, trainEmojiDecoder } from "../epalm/pretraining/index.ts";
import { createProgress } from "../../src/progress.ts";

const VALIDATION_LINES = 500;
const HEAD_WIDTH = 64;
const POSITIONS = 256;

/** Asked once it is trained, to see what it knows. */
const SAMPLES: readonly { readonly question: string; readonly retrieved?: readonly string[] }[] = [
  { question: "which group is the fox in?" },
  { question: "which colour is the red heart?" },
  { question: "what is another word for smiling face with sunglasses?" },
  { question: "animal, moo, farm, milk. what is it?" },
  { question: "fruit, monkey, potassium. what is it?" },
  { question: "what is it?", retrieved: ["tiger face", "lion", "leopard"] },
  { question: "which group is it in?", retrieved: ["taco", "burrito", "hot dog"] },
  { question: "which colour is it?", retrieved: ["blue car", "blue book", "blue heart"] },
  { question: "what is it?" },
];

const schema = z
  .object({
    arguments: noArguments,
    name: requiredText.regex(DECODER_ID, "must be a folder's name of a-z, 0-9, dots, dashes and underscores"),
    layers: wholeNumber(1, 48),
    hidden: wholeNumber(64, 4096).refine(
      (width) => width % HEAD_WIDTH === 0,
      `must be a multiple of ${HEAD_WIDTH}`,
    ),
    vocabulary: wholeNumber(300, 50_000),
    lines: wholeNumber(100, 10_000_000),
    epochs: wholeNumber(1, 1_000),
    seed: wholeNumber(0, 999_999_999),
    "batch-tokens": wholeNumber(64, 1_000_000),
  })
  .strict();

type Given = z.infer<typeof schema>;

const run = async (given: Given, { signal, print, note }: Terminal): Promise<number> => {
  const { layers, hidden } = given;
  const folder = join(readConfig(process.env).dataDir, "decoders", given.name);
  const progress = createProgress(given.name, "steps");
  const started = Date.now();
  try {
    const { finished } = await trainEmojiDecoder(
      folder,
      {
        size: {
          layers,
          hidden,
          heads: hidden / HEAD_WIDTH,
          feedForward: 4 * hidden,
          vocabulary: given.vocabulary,
          positions: POSITIONS,
        },
        lines: given.lines,
        validationLines: VALIDATION_LINES,
        training: {
          ...PRETRAINING_DEFAULTS,
          seed: given.seed,
          epochs: given.epochs,
          batchTokens: given["batch-tokens"],
        },
      },
      {
        signal,
        onStart: ({ parameters, vocabulary, tokens, from }) => {
          note(
            `${parameters} parameters, ${vocabulary} tokens in the vocabulary, ${tokens} tokens to learn of` +
              (from === 0 ? "" : `; goes on from step ${from}`),
          );
        },
        onStep: (done, steps) => progress.update(done, steps),
        onPoint: ({ step, training, validation }) => {
          note(
            `step ${step}: perplexity ${Math.exp(training).toFixed(2)}, of lines that were kept out ${Math.exp(validation).toFixed(2)}`,
          );
        },
      },
    ).finally(() => progress.stop());
    if (!finished) {
      note("stopped; the same command goes on from here");
      return EXIT.interrupted;
    }
    const model = await openDecoderModel(folder);
    try {
      for (const sample of SAMPLES) print(await ask(model, sample, signal));
    } finally {
      await model.close();
    }
    print(`${folder}: ${model.parameters} parameters, ${Math.round((Date.now() - started) / 1000)} s`);
    return EXIT.done;
  } finally {
    progress.stop();
  }
};

const ask = async (
  { open, tokenizer, config }: DecoderModel,
  { question, retrieved = [] }: (typeof SAMPLES)[number],
  signal: AbortSignal,
): Promise<string> => {
  const prompt = questionPrompt(question, retrieved);
  const [best] = await beamSearch(
    await open({ prompt: 0 }),
    { tokens: [[config.bos, ...tokenizer.encode(prompt)]] },
    { beams: 1, maxTokens: 24, lengthPenalty: 1 },
    signal,
  );
  return `${prompt.replace("</a>", "")} ${extractAnswer(tokenizer.decode(best?.tokens ?? []))}`;
};

await runScript<Given>({
  name: "train-decoder",
  synopsis: "[options]",
  about: [
    "Trains a decoder of the OPT architecture from nothing, on the words that emojibase has for all emoji: labels, tags, groups, other names, in captions and in questions with their answers. No image is seen. It is written to DATA_DIR/decoders/NAME as Hugging Face has such folders.",
    "",
    "Stopped by Ctrl-C it leaves a checkpoint, and the same command goes on from there. The same options give the same decoder on the same machine.",
    "",
    "Exit status: 0 it is trained, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    name: { type: "string", value: "NAME", default: "emoji-5m", help: "the folder in DATA_DIR/decoders" },
    layers: { type: "string", value: "N", default: "6", help: "layers" },
    hidden: {
      type: "string",
      value: "N",
      default: "256",
      help: "their width, a multiple of 64; a head is 64 wide",
    },
    vocabulary: { type: "string", value: "N", default: "3000", help: "tokens at most" },
    lines: { type: "string", value: "N", default: "130000", help: "lines of text to learn of" },
    epochs: { type: "string", value: "N", default: "1", help: "times that each line is learnt of" },
    seed: { type: "string", value: "N", default: "1", help: "of the lines, the first weights and the order" },
    "batch-tokens": {
      type: "string",
      value: "N",
      default: "1536",
      help: "tokens of a step, padding included",
    },
  },
  examples: ["", "--name tiny --layers 2 --hidden 64 --lines 5000"],
  schema,
  run,
});
