import { readTextTokens, type TokenCalls, type TokenizerManifest } from "./text-tokens.ts";

interface Tokenizer {
  readonly directory: string;
  readonly manifest: TokenizerManifest;
}

export const open = ({ directory, manifest }: Tokenizer): Promise<TokenCalls> =>
  readTextTokens(directory, manifest);
