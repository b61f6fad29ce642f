import type { OutputData, TensorData } from "../../../onnx/index.ts";
import type { DecoderConfig } from "../decoder/config.ts";
import { planLayers, type Shape } from "../decoder/forward.ts";

/** Runs a network: what {@link openInference} gives, or a session on this thread. */
export type RunNetwork = (
  feeds: Readonly<Record<string, TensorData>>,
  outputs: readonly string[],
) => Promise<OutputData[]>;

/** A decoder that is open. */
export interface Decoder {
  readonly config: DecoderConfig;
  readonly shape: Shape;
  /** The whole sequence, to the logits of the last place and what each layer has seen. */
  readonly whole: RunNetwork;
  /** One token more; absent for `legacy`, where nothing that was seen may be kept. */
  readonly step?: RunNetwork;
}

/** What all rows are decoded after. */
export interface Before {
  /** Tokens of each row, the first one included; rows may differ in length. */
  readonly tokens: readonly (readonly number[])[];
  /** `[vectors, rows, tokens, hidden]`; absent where the decoder sees nothing. */
  readonly visual?: Float32Array;
  /** `[prompt, word width]`, the same for all rows. */
  readonly prompt?: Float32Array;
}

/** Rows as far as they are decoded. */
export interface Decoding {
  readonly rows: number;
  /** Of the token that comes next, `[rows, vocabulary]`. */
  readonly logits: Float32Array;
  /**
   * Goes on with these tokens, each behind the row that `from` says; a row may be gone on with more than once, or not.
   */
  readonly next: (tokens: readonly number[], from: readonly number[]) => Promise<Decoding>;
}

/** Rows are padded in front, so that none depends on the others it is decoded with. */
export const startDecoding = (decoder: Decoder, before: Before): Promise<Decoding> => {
  const { step } = decoder;
  return step === undefined ? startWhole(decoder, before) : startCached(decoder, step, before);
};

const startWhole = async (decoder: Decoder, before: Before): Promise<Decoding> => {
  const [logits] = await decoder.whole(feedsOf(decoder, before), ["logits"]);
  return {
    rows: before.tokens.length,
    logits: floatsOf(logits),
    next: (tokens, from) =>
      startWhole(decoder, {
        ...before,
        tokens: tokens.map((token, i) => [...(before.tokens[from[i] ?? 0] ?? []), token]),
        ...(before.visual === undefined
          ? {}
          : { visual: rowsOfAxis(before.visual, vectorsOf(decoder), before.tokens.length, from) }),
      }),
  };
};

const startCached = async (decoder: Decoder, step: RunNetwork, before: Before): Promise<Decoding> => {
  const names = cacheNames(decoder.config);
  const [logits, ...cache] = await decoder.whole(feedsOf(decoder, before), ["logits", ...names]);
  const longest = longestOf(before.tokens);
  const masks = before.tokens.map(({ length }) => maskRow(length, longest));
  return goOn(decoder, step, names, floatsOf(logits), cache, masks);
};

const goOn = (
  decoder: Decoder,
  step: RunNetwork,
  names: readonly string[],
  logits: Float32Array,
  cache: readonly OutputData[],
  masks: readonly (readonly bigint[])[],
): Decoding => ({
  rows: masks.length,
  logits,
  next: async (tokens, from) => {
    const longer = from.map((row) => [...(masks[row] ?? []), 1n]);
    const feeds: Record<string, TensorData> = {
      input_ids: ints(tokens.map((token) => [BigInt(token)])),
      attention_mask: ints(longer),
    };
    names.forEach((name, i) => {
      const kept = cache[i];
      const data = rowsOf(floatsOf(kept), masks.length, from);
      feeds[`past_${name}`] = { type: "float32", data, dims: [from.length, ...(kept?.dims.slice(1) ?? [])] };
    });
    const [now, ...seen] = await step(feeds, ["logits", ...names]);
    return goOn(decoder, step, names, floatsOf(now), seen, longer);
  },
});

const feedsOf = ({ config, shape }: Decoder, before: Before): Record<string, TensorData> => {
  const rows = before.tokens.length;
  const longest = longestOf(before.tokens);
  const feeds: Record<string, TensorData> = {
    input_ids: ints(
      before.tokens.map((row) => [
        ...new Array<bigint>(longest - row.length).fill(BigInt(config.pad)),
        ...row.map(BigInt),
      ]),
    ),
    attention_mask: ints(before.tokens.map(({ length }) => maskRow(length, longest))),
  };
  if (before.visual !== undefined && shape.vision !== undefined) {
    const dims = [
      before.visual.length / (rows * shape.vision.tokens * config.hidden),
      rows,
      shape.vision.tokens,
      config.hidden,
    ];
    feeds.visual = { type: "float32", data: before.visual.slice(), dims };
  }
  if (before.prompt !== undefined && shape.prompt > 0) {
    const data = new Float32Array(rows * before.prompt.length);
    for (let row = 0; row < rows; row++) data.set(before.prompt, row * before.prompt.length);
    feeds.prompt = { type: "float32", data, dims: [rows, shape.prompt, config.wordWidth] };
  }
  return feeds;
};

const vectorsOf = ({ shape: { vision } }: Decoder): number =>
  vision?.kind === "epalm" ? vision.injection.vectors : (vision?.vectors ?? 1);

const cacheNames = (config: DecoderConfig): string[] =>
  planLayers(config, undefined).flatMap((_, layer) => [`keys.${layer}`, `values.${layer}`]);

const longestOf = (rows: readonly (readonly number[])[]): number =>
  rows.reduce((longest, { length }) => Math.max(longest, length), 0);

const maskRow = (length: number, longest: number): bigint[] => [
  ...new Array<bigint>(longest - length).fill(0n),
  ...new Array<bigint>(length).fill(1n),
];

const ints = (rows: readonly (readonly bigint[])[]): TensorData => ({
  type: "int64",
  data: BigInt64Array.from(rows.flat()),
  dims: [rows.length, rows[0]?.length ?? 0],
});

const floatsOf = (output: OutputData | undefined): Float32Array => output?.data as Float32Array;

/** Of an array whose first axis is rows, these. */
const rowsOf = (data: Float32Array, rows: number, from: readonly number[]): Float32Array<ArrayBuffer> => {
  const width = data.length / rows;
  const result = new Float32Array(from.length * width);
  from.forEach((row, i) => {
    result.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return result;
};

/** Of an array whose second axis is rows, these. */
const rowsOfAxis = (
  data: Float32Array,
  first: number,
  rows: number,
  from: readonly number[],
): Float32Array => {
  const width = data.length / first;
  const parts = Array.from({ length: first }, (_, i) =>
    rowsOf(data.subarray(i * width, (i + 1) * width), rows, from),
  );
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
};
