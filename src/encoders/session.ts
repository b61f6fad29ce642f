import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import pLimit from "p-limit";
import { AnchorageError, atPath, invalidField, isAnchorageError, messageOf } from "../errors.ts";
import { preprocessImage } from "./image.ts";
import type { EncoderManifest, ImageManifest, TextManifest } from "./manifest.ts";
import { normalizeRows, poolTokens } from "./pool.ts";
import { createHuggingFaceTokenizer, type Tokenize } from "./tokenizer.ts";
import { createUseLiteTokenizer } from "./use-lite-tokenizer.ts";

/** Batches that measured best on two cores; larger ones cost memory and gain nothing. */
const IMAGES_A_BATCH = 8;
const TEXTS_A_BATCH = 32;

/** One encoder, ready to run. */
export interface EncoderSession<T> {
  /** `[n, d]` row-major, rows of norm 1. */
  encode(inputs: readonly T[]): Promise<Float32Array>;
  close(): Promise<void>;
}

interface Model {
  /** Runs one batch at a time; the caller prepares the next one meanwhile. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Tensor>;
  close(): Promise<void>;
}

/** Opens an image encoder. @throws AnchorageError `corrupt-file` where a file is not the one the manifest names. */
export const openImageSession = async (
  directory: string,
  manifest: ImageManifest,
): Promise<EncoderSession<Uint8Array>> => {
  const model = await openModel(directory, manifest);
  const { image: spec, inputs } = manifest;
  const shape = spec.layout === "nchw" ? [3, spec.height, spec.width] : [spec.height, spec.width, 3];
  const prepare = async (images: readonly Uint8Array[], first: number): Promise<Tensor> => {
    const size = 3 * spec.height * spec.width;
    const batch = new Float32Array(images.length * size);
    await Promise.all(
      images.map(async (bytes, i) => {
        try {
          batch.set(await preprocessImage(bytes, spec), i * size);
        } catch (error) {
          throw isAnchorageError(error) ? atPath(String(first + i), error) : error;
        }
      }),
    );
    return new Tensor("float32", batch, [images.length, ...shape]);
  };
  return {
    encode: async (images) => {
      const rows = new Float32Array(images.length * manifest.dimension);
      const batchAt = (first: number) => prepare(images.slice(first, first + IMAGES_A_BATCH), first);
      let next = images.length > 0 ? batchAt(0) : undefined;
      for (let first = 0; first < images.length; first += IMAGES_A_BATCH) {
        const batch = await next;
        if (batch === undefined) break;
        const following = first + IMAGES_A_BATCH;
        next = following < images.length ? batchAt(following) : undefined;
        // A fault in the batch that is being prepared is thrown when it is awaited, unless this one fails first.
        next?.catch(() => undefined);
        const output = await model.run({ [inputs.image]: batch });
        const counts = new Array<number>(batch.dims[0] ?? 0).fill(tokensOf(output));
        rows.set(pooled(output, manifest, counts), first * manifest.dimension);
      }
      return rows;
    },
    close: () => model.close(),
  };
};

/** Opens a text encoder. @throws AnchorageError `corrupt-file` where a file is not the one the manifest names. */
export const openTextSession = async (
  directory: string,
  manifest: TextManifest,
): Promise<EncoderSession<string>> => {
  const [model, tokenize] = await Promise.all([
    openModel(directory, manifest),
    openTokenizer(directory, manifest),
  ]);
  const feed = (batch: readonly (readonly number[])[], length: number): Record<string, Tensor> => {
    const ids = new BigInt64Array(batch.length * length).fill(BigInt(manifest.text.pad));
    const mask = new BigInt64Array(batch.length * length);
    batch.forEach((tokens, row) => {
      tokens.forEach((token, i) => {
        ids[row * length + i] = BigInt(token);
        mask[row * length + i] = 1n;
      });
    });
    const dims = [batch.length, length];
    const { inputs } = manifest;
    return {
      [inputs.ids]: new Tensor("int64", ids, dims),
      ...(inputs.mask === undefined ? {} : { [inputs.mask]: new Tensor("int64", mask, dims) }),
      ...(inputs.types === undefined
        ? {}
        : { [inputs.types]: new Tensor("int64", new BigInt64Array(ids.length), dims) }),
    };
  };
  return {
    encode: async (texts) => {
      const tokens = texts.map((text, i) => {
        const ids = text.trim() === "" ? [] : tokenize(text);
        if (ids.length === 0) throw invalidField(String(i), "must not be empty");
        return ids.slice(0, manifest.text.maxLength);
      });
      // Texts of like length share a batch, so that little of it is padding.
      const order = tokens
        .map((_, i) => i)
        .sort((a, b) => (tokens[a]?.length ?? 0) - (tokens[b]?.length ?? 0));
      const d = manifest.dimension;
      const rows = new Float32Array(texts.length * d);
      for (let first = 0; first < order.length; first += TEXTS_A_BATCH) {
        const members = order.slice(first, first + TEXTS_A_BATCH);
        const batch = members.map((i) => tokens[i] ?? []);
        const counts = batch.map((ids) => ids.length);
        const output = await model.run(feed(batch, Math.max(...counts)));
        const vectors = pooled(output, manifest, counts);
        members.forEach((i, row) => rows.set(vectors.subarray(row * d, (row + 1) * d), i * d));
      }
      return rows;
    },
    close: () => model.close(),
  };
};

/** For an image encoder every token is real. */
const tokensOf = (output: Tensor): number => (output.dims.length === 3 ? (output.dims[1] ?? 1) : 1);

const pooled = (output: Tensor, manifest: EncoderManifest, counts: readonly number[]): Float32Array => {
  const d = manifest.dimension;
  const tokens = output.dims.length === 3 ? (output.dims[1] ?? 0) : 1;
  if (output.type !== "float32" || output.dims.at(-1) !== d || output.size !== counts.length * tokens * d) {
    throw new AnchorageError(
      "unsupported-model",
      `Encoder "${manifest.id}" gave ${output.type} [${output.dims.join(", ")}]; its manifest says dimension ${d}.`,
    );
  }
  if (manifest.pooling === "none" && tokens !== 1) {
    throw new AnchorageError(
      "unsupported-model",
      `Encoder "${manifest.id}" gives tokens but its pooling is "none".`,
    );
  }
  const data = output.data as Float32Array;
  // Some exports pool by themselves.
  const rows =
    manifest.pooling === "none" || tokens === 1
      ? Float32Array.from(data)
      : poolTokens(data, counts, tokens, d, manifest.pooling);
  if (normalizeRows(rows, d) >= 0) {
    throw new AnchorageError("unprocessable", `Encoder "${manifest.id}" gave a vector without direction.`);
  }
  return rows;
};

const openTokenizer = async (directory: string, manifest: TextManifest): Promise<Tokenize> => {
  const { tokenizer, tokenizerConfig } = manifest.files;
  const json = await readFile(join(directory, tokenizer), "utf8");
  if (manifest.text.tokenizer === "use-lite") return createUseLiteTokenizer(json);
  const config =
    tokenizerConfig === undefined ? "{}" : await readFile(join(directory, tokenizerConfig), "utf8");
  return createHuggingFaceTokenizer(json, config, manifest.text.maxLength);
};

const openModel = async (directory: string, manifest: EncoderManifest): Promise<Model> => {
  const file = join(directory, manifest.files.model);
  for (const [name, expected] of Object.entries(manifest.sha256)) {
    const found = await sha256Of(join(directory, name)).catch(() => undefined);
    if (found === expected) continue;
    const what = found === undefined ? "cannot be read" : "is not the file its sha256 names";
    throw new AnchorageError("corrupt-file", `Encoder "${manifest.id}": ${name} ${what}.`);
  }
  let session: InferenceSession;
  try {
    // Errors only: a foreign export warns of what it cannot help.
    session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  } catch (error) {
    throw new AnchorageError(
      "corrupt-file",
      `Encoder "${manifest.id}" cannot be loaded: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const name = manifest.output ?? session.outputNames[0] ?? "";
  const oneAtATime = pLimit(1);
  return {
    run: (feeds) =>
      oneAtATime(async () => {
        // Exports differ in whether they ask for a mask and for token types.
        const asked = Object.fromEntries(
          Object.entries(feeds).filter(([input]) => session.inputNames.includes(input)),
        );
        const output = (await session.run(asked, [name]))[name];
        if (output === undefined)
          throw new AnchorageError("unsupported-model", `There is no output "${name}".`);
        return output;
      }),
    close: () => oneAtATime(() => session.release()),
  };
};

/** The sha256 of a file, in lower-case hex. */
export const sha256Of = async (file: string): Promise<string> => {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
};
