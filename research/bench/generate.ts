import { z } from "zod";
import { EXIT, runScript } from "../../src/cli/cli.ts";
import { noArguments, requiredText, wholeNumber } from "../../src/option-schemas.ts";
import { join } from "node:path";
import { decoderDirectory, readConfig } from "../../src/config.ts";
import {
  beamSearch,
  defaultInjection,
  openDecoderModel,
  questionPrompt,
  startDecoding,
  type Before,
  type Decoder,
  type DecoderModel,
} from "../../src/features/epalm/index.ts";
import { createRandom, normal } from "../../src/math/random.ts";

const TOKENS = 32;
const VECTORS = 6;
const PROMPT = 10;
const ROWS = 8;
const BEAMS = 3;
const NEVER = -1;

interface Line {
  readonly decoding: string;
  readonly cache: string;
  readonly "tokens/s": number;
  readonly "ms a token": number;
}

const { signal } = new AbortController();

/** Tokens a second, over at least `seconds`, after one run that does not count. */
const rateOf = async (tokens: number, seconds: number, work: () => Promise<unknown>): Promise<number> => {
  await work();
  const start = performance.now();
  let done = 0;
  do {
    await work();
    done += tokens;
  } while (performance.now() - start < seconds * 1000);
  return (done / (performance.now() - start)) * 1000;
};

/** The most probable token of each row. */
const best = (logits: Float32Array, rows: number): number[] => {
  const width = logits.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let token = 0;
    for (let i = 1; i < width; i++)
      if ((logits[row * width + i] ?? 0) > (logits[row * width + token] ?? 0)) token = i;
    return token;
  });
};

const greedyRows = async (decoder: Decoder, before: Before): Promise<void> => {
  let decoding = await startDecoding(decoder, before);
  const from = before.tokens.map((_, row) => row);
  for (let made = 1; made < TOKENS; made++)
    decoding = await decoding.next(best(decoding.logits, from.length), from);
};

const linesOf = async (model: DecoderModel, seconds: number): Promise<Line[]> => {
  const { config, tokenizer } = model;
  const injection = defaultInjection(config.layers, VECTORS);
  const kept = await model.open({
    prompt: PROMPT,
    vision: { kind: "epalm", mode: "causal-drop", injection, tokens: 1 },
  });
  const random = createRandom(1);
  const noise = (count: number): Float32Array => Float32Array.from({ length: count }, () => normal(random));
  const prompt = noise(PROMPT * config.wordWidth);
  const asked = [config.bos, ...tokenizer.encode(questionPrompt("what is it?"))];
  const beforeOf = (rows: number): Before => ({
    tokens: Array.from({ length: rows }, () => asked),
    visual: noise(VECTORS * rows * config.hidden),
    prompt,
  });
  const endless = { ...config, eos: NEVER };
  const lines: Line[] = [];
  for (const [cache, decoder] of [
    ["kept", { ...kept, config: endless }],
    ["none", { config: endless, shape: kept.shape, whole: kept.whole }],
  ] as const) {
    const [one, many] = [beforeOf(1), beforeOf(ROWS)];
    const search = { beams: BEAMS, maxTokens: TOKENS, lengthPenalty: 1 };
    const ways: readonly (readonly [string, number, () => Promise<unknown>])[] = [
      ["1 row, greedy", TOKENS, () => greedyRows(decoder, one)],
      [`${ROWS} rows, greedy`, ROWS * TOKENS, () => greedyRows(decoder, many)],
      [`1 row, ${BEAMS} beams`, TOKENS, () => beamSearch(decoder, one, search, signal)],
    ];
    for (const [decoding, tokens, work] of ways) {
      const rate = await rateOf(tokens, seconds, work);
      lines.push({
        decoding,
        cache,
        "tokens/s": Number(rate.toPrecision(3)),
        "ms a token": Number((1000 / rate).toPrecision(3)),
      });
    }
  }
  return lines;
};

await runScript({
  name: "bench:generate",
  synopsis: "[options]",
  about:
    "How many tokens a decoder makes in a second behind an image, a soft prompt and a question: with a cache of what it has seen and without, one row, eight rows, and three beams. No text ends before its length, and the images are noise: neither changes what a token costs.",
  options: {
    decoder: { type: "string", value: "ID", help: "a folder of DATA_DIR/decoders", default: "emoji-5m" },
    seconds: { type: "string", value: "N", help: "how long at least for each line", default: "5" },
  },
  examples: ["--seconds 20"],
  schema: z.strictObject({ arguments: noArguments, decoder: requiredText, seconds: wholeNumber(1, 3_600) }),
  run: async ({ decoder, seconds }) => {
    const model = await openDecoderModel(join(decoderDirectory(readConfig(process.env).dataDir), decoder));
    try {
      const lines = await linesOf(model, seconds);
      console.log(`${model.id}: ${model.parameters} parameters, ${TOKENS} tokens a text`);
      console.table(lines);
      return EXIT.done;
    } finally {
      await model.close();
    }
  },
});
