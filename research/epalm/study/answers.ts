import {
  adapterInputs,
  extractAnswer,
  extractCaption,
  decoderShape,
  startDecoding,
  type Adapter,
  type DecoderModel,
  type Decoder,
} from "../../../src/features/epalm/index.ts";

/** What a decoder is asked. */
export interface Prompted {
  readonly input: number;
  readonly prompt: string;
  readonly isCaption: boolean;
}

export interface Answering {
  readonly decoder: DecoderModel;
  /** Absent: the decoder alone. */
  readonly adapter?: Adapter;
  /** Of each layer `[inputs, tokens, dimension]`, for those that the adapter takes. */
  readonly features: readonly Float32Array[];
  readonly inputs: number;
  /** Whether visual tokens are made zeros. */
  readonly isBlindfolded: boolean;
  readonly signal: AbortSignal;
}

const ROWS_AT_ONCE = 64;
/** Of the longest captions and answers, about. */
const MOST_TOKENS = 20;

/** The most probable token again and again, of many rows at once; the texts in the order that was asked. */
export const answersTo = async (prompts: readonly Prompted[], answering: Answering): Promise<string[]> => {
  const { decoder, adapter, signal } = answering;
  const { encode, decode } = decoder.tokenizer;
  const opened = await decoder.open(adapter === undefined ? { prompt: 0 } : decoderShape(adapter.settings));
  const rows = prompts.map(({ prompt }, place) => ({
    place,
    tokens: [decoder.config.bos, ...encode(prompt)],
  }));
  rows.sort((a, b) => a.tokens.length - b.tokens.length);
  const answers = new Array<string>(prompts.length).fill("");
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
    signal.throwIfAborted();
    const batch = rows.slice(first, first + ROWS_AT_ONCE);
    const own = batch.map(({ place }) => prompts[place]?.input ?? 0);
    const seen = adapter === undefined ? {} : inputsOf(adapter, answering, own);
    const made = await greedy(opened, { tokens: batch.map(({ tokens }) => tokens), ...seen });
    batch.forEach(({ place }, i) => {
      const text = decode(made[i] ?? []);
      answers[place] = (
        prompts[place]?.isCaption === true ? extractCaption(text) : extractAnswer(text)
      ).trim();
    });
  }
  return answers;
};

/** What an adapter makes of some of the inputs. */
const inputsOf = (
  adapter: Adapter,
  { features, inputs, isBlindfolded }: Answering,
  rows: readonly number[],
): { readonly visual?: Float32Array; readonly prompt: Float32Array } => {
  const chosen = features.map((data) => {
    const width = data.length / inputs;
    const result = new Float32Array(rows.length * width);
    rows.forEach((row, at) => result.set(data.subarray(row * width, (row + 1) * width), at * width));
    return result;
  });
  const { visual, prompt } = adapterInputs(adapter, chosen, rows.length);
  if (adapter.settings.vision === null) return { prompt };
  return { visual: isBlindfolded ? new Float32Array(visual.length) : visual, prompt };
};

const greedy = async (
  decoder: Decoder,
  before: Parameters<typeof startDecoding>[1],
): Promise<readonly (readonly number[])[]> => {
  const { eos, vocabulary } = decoder.config;
  const made = before.tokens.map((): number[] => []);
  let going = before.tokens.map((_, row) => row);
  let decoding = await startDecoding(decoder, before);
  for (let length = 0; length < MOST_TOKENS; length++) {
    const tokens: number[] = [];
    const from: number[] = [];
    going = going.filter((row, at) => {
      const token = mostProbable(decoding.logits, at * vocabulary, vocabulary);
      if (token === eos) return false;
      made[row]?.push(token);
      tokens.push(token);
      from.push(at);
      return true;
    });
    if (going.length === 0 || length + 1 === MOST_TOKENS) break;
    decoding = await decoding.next(tokens, from);
  }
  return made;
};

const mostProbable = (logits: Float32Array, from: number, count: number): number => {
  let best = 0;
  for (let i = 1; i < count; i++) if ((logits[from + i] ?? 0) > (logits[from + best] ?? 0)) best = i;
  return best;
};
