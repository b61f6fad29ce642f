/** The part of the package that is used here. Its own declarations do not resolve under NodeNext. */
declare module "@huggingface/tokenizers" {
  export class Tokenizer {
    constructor(tokenizer: object, config: object);
    encode(text: string, options?: { add_special_tokens?: boolean }): { readonly ids: readonly number[] };
    decode(ids: readonly number[], options?: { skip_special_tokens?: boolean }): string;
  }
}
