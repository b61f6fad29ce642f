import type { TensorData } from "../onnx/index.ts";
import type { TextManifest } from "./manifest.ts";
import { openModel } from "./model.ts";
import { outputVectors } from "./output.ts";
import type { EncoderSession } from "./session.ts";
import { openTextTokens } from "./text-tokens.ts";

/** Fastest batch size measured on two cores. */
const TEXTS_A_BATCH = 32;

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
  const tokenizer = await openTextTokens(directory, manifest);
  const model = await openModel(directory, manifest, outputs).catch(async (error: unknown) => {
    await tokenizer.close();
    throw error;
  });
  return {
    encode: async (texts, cuts) => {
      const tokens = await tokenizer.tokenize(texts);
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
    unknownShares: tokenizer.unknownShares,
    close: async () => {
      await Promise.all([model.close(), tokenizer.close()]);
    },
  };
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
