import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { invalidField } from "../errors.ts";
import { openWorker } from "../worker.ts";
import type { TextManifest } from "./manifest.ts";
import { createHuggingFaceTokenizer, type Tokenize } from "./tokenizer.ts";
import { createUnknownShare } from "./unknown-share.ts";
import { createUseLiteTokenizer } from "./use-lite-tokenizer.ts";

/** Number of characters tokenized before yielding to the event loop. */
const CHARACTERS_A_TURN = 8192;
/**
 * Characters (UTF-16 code units) read per token of the encoder's maximum length. That is about four times what languages
 * need, so only tokens beyond the maximum length are lost, and the cost of a long text is bounded.
 */
const CHARACTERS_A_TOKEN = 16;

/** What a text encoder's manifest says of its tokenizer. */
export type TokenizerManifest = Pick<TextManifest, "files" | "text">;

/** How a text encoder reads texts. */
export interface TextTokens {
  /**
   * The token ids of each text, at most as many as the encoder takes.
   *
   * @throws AnchorageError `invalid-input` with the index of a text without tokens
   */
  readonly tokenize: (texts: readonly string[]) => Promise<(readonly number[])[]>;
  /** The share of each text's words that the tokenizer does not know, 0 to 1. */
  readonly unknownShares: (texts: readonly string[]) => Promise<number[]>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the tokenizer of a text encoder. Those of Hugging Face run on a thread of their own: a vocabulary of 250,000 tokens
 * takes a third of a second to read, and a text of 100,000 characters a tenth to tokenize.
 *
 * @throws AnchorageError `corrupt-file` if the tokenizer cannot be read
 * @example
 * ```ts
 * const tokens = await openTextTokens(directory, {
 *   files: { model: "model.onnx", tokenizer: "tokenizer.json" },
 *   text: { tokenizer: "huggingface", maxLength: 512, pad: 0 },
 * });
 * const [ids] = await tokens.tokenize(["a red fox"]);
 * await tokens.close();
 * ```
 */
export const openTextTokens = async (directory: string, manifest: TokenizerManifest): Promise<TextTokens> => {
  if (manifest.text.tokenizer === "use-lite") return readTextTokens(directory, manifest);
  const worker = openWorker<TokenCalls>(new URL("./text-tokens-worker.ts", import.meta.url), {
    directory,
    manifest,
  });
  try {
    await worker.call("tokenize", []);
  } catch (error) {
    await worker.close();
    throw error;
  }
  return {
    tokenize: (texts) => worker.call("tokenize", texts),
    unknownShares: (texts) => worker.call("unknownShares", texts),
    close: worker.close,
  };
};

/** What text-tokens-worker.ts answers. */
export type TokenCalls = Pick<TextTokens, "tokenize" | "unknownShares">;

/** Reads the tokenizer of a text encoder on this thread. @throws AnchorageError as {@link openTextTokens} */
export const readTextTokens = async (directory: string, manifest: TokenizerManifest): Promise<TextTokens> => {
  const { tokenize, unknownShare } = await readTokenizer(directory, manifest);
  const { maxLength } = manifest.text;
  const read = (text: string): string => {
    const head = headOf(text, maxLength * CHARACTERS_A_TOKEN);
    return manifest.text.lowerCase === true ? head.toLowerCase() : head;
  };
  return {
    tokenize: async (texts) => {
      const tokens: (readonly number[])[] = [];
      let characters = 0;
      for (const [i, text] of texts.entries()) {
        const head = read(text);
        const ids = head.trim() === "" ? [] : tokenize(head);
        if (ids.length === 0) throw invalidField([i], "must not be empty");
        tokens.push(ids.slice(0, maxLength));
        characters += head.length;
        if (characters < CHARACTERS_A_TURN) continue;
        characters = 0;
        await setImmediate();
      }
      return tokens;
    },
    unknownShares: (texts) => {
      const share = unknownShare();
      return Promise.resolve(texts.map((text) => share(tokenize(read(text)))));
    },
    close: () => Promise.resolve(),
  };
};

/** The first `length` UTF-16 code units, or one less to keep a surrogate pair whole. */
const headOf = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
};

interface ReadTokenizer {
  readonly tokenize: Tokenize;
  /** Reads the vocabulary once more when it is first asked for. */
  readonly unknownShare: () => ReturnType<typeof createUnknownShare>;
}

const readTokenizer = async (directory: string, manifest: TokenizerManifest): Promise<ReadTokenizer> => {
  const { tokenizer, tokenizerConfig } = manifest.files;
  const json = await readFile(join(directory, tokenizer), "utf8");
  const shareOnce = (kind: Parameters<typeof createUnknownShare>[1]) => {
    let share: ReturnType<typeof createUnknownShare> | undefined;
    return () => (share ??= createUnknownShare(json, kind));
  };
  if (manifest.text.tokenizer === "use-lite")
    return { tokenize: createUseLiteTokenizer(json), unknownShare: shareOnce("use-lite") };
  const config =
    tokenizerConfig === undefined ? "{}" : await readFile(join(directory, tokenizerConfig), "utf8");
  return {
    tokenize: createHuggingFaceTokenizer(json, config, manifest.text.maxLength),
    unknownShare: shareOnce("hugging-face"),
  };
};
