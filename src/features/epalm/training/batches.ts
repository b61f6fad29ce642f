import { AnchorageError } from "../../../errors.ts";
import { createRandom, type Random } from "../../../math/random.ts";
import type { LossScope } from "../adapter/index.ts";
import type { DecoderConfig } from "../decoder/config.ts";
import type { TextTokenizer } from "../text/tokenizer.ts";
import type { AdapterRow } from "./types.ts";

/** A row as the decoder takes it. */
export interface EncodedRow {
  readonly input: number;
  /** From the token that begins a text to the last but one. */
  readonly ids: readonly number[];
  /** What should follow each; negative where it does not count. */
  readonly targets: readonly number[];
}

/** Rows of one step, filled up to one length. */
export interface Batch {
  readonly rows: number;
  readonly inputs: readonly number[];
  /** int64 `[rows, length]` */
  readonly ids: BigInt64Array<ArrayBuffer>;
  readonly mask: BigInt64Array<ArrayBuffer>;
  readonly targets: BigInt64Array<ArrayBuffer>;
  readonly length: number;
  /** Places that count. */
  readonly counted: number;
}

/** Lengths are rounded up to a multiple, for a network's first run of a new length is slow. */
const BUCKET = 8;
/** Steps whose rows are sorted by length together, so that little is padding and the order is still a random one. */
const SORTED_STEPS = 16;
const IGNORED = -1;
/** Epochs draw different orders. */
const EPOCH_SEEDS = 1_000_003;

/**
 * Rows as tokens.
 *
 * @throws AnchorageError `invalid-input` that names the first row that is longer than the decoder's positions
 */
export const encodeRows = (
  rows: readonly AdapterRow[],
  tokenizer: TextTokenizer,
  config: DecoderConfig,
  loss: LossScope,
): EncodedRow[] =>
  rows.map(({ input, prompt, answer }, row) => {
    const before = [config.bos, ...tokenizer.encode(prompt)];
    const whole = [...before, ...tokenizer.encode(answer), config.eos];
    const length = whole.length - 1;
    if (length > config.positions)
      throw new AnchorageError(
        "invalid-input",
        `Row ${row} has ${length} tokens, and the decoder takes ${config.positions}.`,
        { faults: [{ path: ["rows", row], message: `has ${length} tokens` }] },
      );
    const first = loss === "all" ? 0 : before.length - 1;
    return {
      input,
      ids: whole.slice(0, -1),
      targets: whole.slice(1).map((token, place) => (place < first ? IGNORED : token)),
    };
  });

/** The batches of an epoch, by the seed and its number alone. */
export const batchesOf = (
  rows: readonly EncodedRow[],
  config: DecoderConfig,
  options: { readonly batch: number; readonly seed: number; readonly epoch: number },
): Batch[] => {
  const random = createRandom(options.seed * EPOCH_SEEDS + options.epoch);
  const order = random.shuffle(rows);
  return cut(order, config, options.batch, random);
};

/** All rows once, in batches of like lengths. */
export const plainBatches = (rows: readonly EncodedRow[], config: DecoderConfig, batch: number): Batch[] =>
  cut(rows, config, batch, undefined);

const cut = (
  order: readonly EncodedRow[],
  config: DecoderConfig,
  batch: number,
  random: Random | undefined,
): Batch[] => {
  const batches: Batch[] = [];
  for (let first = 0; first < order.length; first += batch * SORTED_STEPS) {
    const sorted = order
      .slice(first, first + batch * SORTED_STEPS)
      .sort((a, b) => a.ids.length - b.ids.length);
    for (let from = 0; from < sorted.length; from += batch)
      batches.push(fill(sorted.slice(from, from + batch), config));
  }
  return random === undefined ? batches : random.shuffle(batches);
};

const fill = (rows: readonly EncodedRow[], config: DecoderConfig): Batch => {
  const longest = rows.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const length = Math.min(config.positions, Math.ceil(longest / BUCKET) * BUCKET);
  const size = rows.length * length;
  const ids = new BigInt64Array(size).fill(BigInt(config.pad));
  const mask = new BigInt64Array(size);
  const targets = new BigInt64Array(size).fill(BigInt(IGNORED));
  let counted = 0;
  rows.forEach((row, at) => {
    row.ids.forEach((id, place) => {
      const target = row.targets[place] ?? IGNORED;
      ids[at * length + place] = BigInt(id);
      mask[at * length + place] = 1n;
      targets[at * length + place] = BigInt(target);
      if (target >= 0) counted++;
    });
  });
  return { rows: rows.length, inputs: rows.map(({ input }) => input), ids, mask, targets, length, counted };
};

/**
 * Parts rows so that all rows about an input are on one side.
 *
 * @param share of the inputs that validate
 */
export const splitByInput = (
  rows: readonly AdapterRow[],
  share: number,
  seed: number,
): { readonly rows: AdapterRow[]; readonly validation: AdapterRow[] } => {
  const inputs = [...new Set(rows.map(({ input }) => input))].sort((a, b) => a - b);
  const held = new Set(createRandom(seed).sample(inputs, Math.round(share * inputs.length)));
  return {
    rows: rows.filter(({ input }) => !held.has(input)),
    validation: rows.filter(({ input }) => held.has(input)),
  };
};
