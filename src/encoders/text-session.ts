import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { invalidField } from "../errors.ts";
import type { TensorData } from "../onnx/index.ts";
import type { TextManifest } from "./manifest.ts";
import { openModel } from "./model.ts";
import { outputVectors } from "./output.ts";
import type { EncoderSession } from "./session.ts";
import { createHuggingFaceTokenizer, type Tokenize } from "./tokenizer.ts";
import { createUnknownShare } from "./unknown-share.ts";
import { createUseLiteTokenizer } from "./use-lite-tokenizer.ts";

/** Fastest batch size measured on two cores. */
const TEXTS_A_BATCH = 32;
/** Number of characters tokenized before yielding to the event loop. */
const CHARACTERS_A_TURN = 8192;
/**
 * Characters (UTF-16 code units) read per token of the encoder's maximum length. That is about four times what languages
 * need, so only tokens beyond the maximum length are lost, and the cost of a long text is bounded.
 */
const CHARACTERS_A_TOKEN = 16;

/**
 * Opens a session of a text encoder.
 *
 * @param outputs as far as a shared network is needed; null: all of it
 * @throws AnchorageError as `openModel`, and `corrupt-file` if the tokenizer cannot be read
 */
export const openTextSession = async (
  directory: string,
  manifest: TextManifest,
  outputs: readonly string[] | null = null,
): Promise<EncoderSession<string>> => {
  // Open the tokenizer first: if it fails, no network has to be closed.
  const { tokenize, unknownShare } = await openTokenizer(directory, manifest);
  const model = await openModel(directory, manifest, outputs);
  return {
    encode: async (texts, cuts) => {
      const tokens = await tokenizeAll(texts, tokenize, manifest);
      // Texts of similar length share a batch, to minimise padding.
      const order = tokens
        .map((_, i) => i)
        .sort((a, b) => (tokens[a]?.length ?? 0) - (tokens[b]?.length ?? 0));
      const rows = cuts.map(({ dimension }) => new Float32Array(texts.length * dimension));
      for (let first = 0; first < order.length; first += TEXTS_A_BATCH) {
        const members = order.slice(first, first + TEXTS_A_BATCH);
        const batch = members.map((i) => tokens[i] ?? []);
        const outputs = await model.run(feedsOf(batch, manifest), cuts);
        const counts = batch.map((ids) => ids.length);
        outputs.forEach((output, cut) => {
          const { dimension } = cuts[cut] ?? manifest;
          const vectors = outputVectors(output, cuts[cut] ?? manifest, batch.length, counts);
          members.forEach((i, row) =>
            rows[cut]?.set(vectors.subarray(row * dimension, (row + 1) * dimension), i * dimension),
          );
        });
      }
      return rows;
    },
    unknownShares: (texts) =>
      texts.map((text) => {
        const head = headOf(text, manifest.text.maxLength * CHARACTERS_A_TOKEN);
        return unknownShare(tokenize(manifest.text.lowerCase === true ? head.toLowerCase() : head));
      }),
    close: () => model.close(),
  };
};

const tokenizeAll = async (
  texts: readonly string[],
  tokenize: Tokenize,
  { text: { maxLength, lowerCase } }: TextManifest,
): Promise<(readonly number[])[]> => {
  const tokens: (readonly number[])[] = [];
  let characters = 0;
  for (const [i, text] of texts.entries()) {
    const head = headOf(text, maxLength * CHARACTERS_A_TOKEN);
    const read = lowerCase === true ? head.toLowerCase() : head;
    const ids = read.trim() === "" ? [] : tokenize(read);
    if (ids.length === 0) throw invalidField([i], "must not be empty");
    tokens.push(ids.slice(0, maxLength));
    characters += read.length;
    if (characters < CHARACTERS_A_TURN) continue;
    characters = 0;
    await setImmediate();
  }
  return tokens;
};

/** The first `length` UTF-16 code units, or one less to keep a surrogate pair whole. */
const headOf = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
};

const feedsOf = (
  batch: readonly (readonly number[])[],
  { text, inputs }: TextManifest,
): Record<string, TensorData> => {
  const length = Math.max(text.padTo ?? 0, ...batch.map((tokens) => tokens.length));
  const ids = new BigInt64Array(batch.length * length).fill(BigInt(text.pad));
  const mask = new BigInt64Array(batch.length * length);
  batch.forEach((tokens, row) => {
    tokens.forEach((token, i) => {
      ids[row * length + i] = BigInt(token);
      mask[row * length + i] = 1n;
    });
  });
  const tensor = (data: BigInt64Array<ArrayBuffer>): TensorData => ({
    type: "int64",
    data,
    dims: [batch.length, length],
  });
  return {
    [inputs.ids]: tensor(ids),
    ...(inputs.mask === undefined ? {} : { [inputs.mask]: tensor(mask) }),
    ...(inputs.types === undefined ? {} : { [inputs.types]: tensor(new BigInt64Array(ids.length)) }),
  };
};

interface OpenTokenizer {
  readonly tokenize: Tokenize;
  readonly unknownShare: (tokens: readonly number[]) => number;
}

const openTokenizer = async (directory: string, manifest: TextManifest): Promise<OpenTokenizer> => {
  const { tokenizer, tokenizerConfig } = manifest.files;
  const json = await readFile(join(directory, tokenizer), "utf8");
  if (manifest.text.tokenizer === "use-lite")
    return { tokenize: createUseLiteTokenizer(json), unknownShare: readWhenAsked(json, "use-lite") };
  const config =
    tokenizerConfig === undefined ? "{}" : await readFile(join(directory, tokenizerConfig), "utf8");
  return {
    tokenize: createHuggingFaceTokenizer(json, config, manifest.text.maxLength),
    unknownShare: readWhenAsked(json, "hugging-face"),
  };
};

/** Reading the vocabulary takes long enough to be left to another turn of the event loop than the tokenizer's. */
const readWhenAsked = (json: string, kind: Parameters<typeof createUnknownShare>[1]) => {
  let share: OpenTokenizer["unknownShare"] | undefined;
  return (tokens: readonly number[]): number => (share ??= createUnknownShare(json, kind))(tokens);
};
