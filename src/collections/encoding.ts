import { LRUCache } from "lru-cache";
import type { Anchor } from "../api/anchors.ts";
import type { ImageKeeping } from "../api/collections.ts";
import type { Input } from "../api/inputs.ts";
import type { ClassifyRequest } from "../api/queries.ts";
import { requireInstalled, type EncoderRegistry } from "../encoders/index.ts";
import { invalidField, withItemPaths, type FieldPath } from "../errors.ts";
import { fromBase64, type CollectionRecord, type EncoderRecord, type StoredImage } from "../store/index.ts";

/** The longest text that is accepted, in characters; encoders truncate far earlier. */
export const MAX_TEXT_LENGTH = 10_000;

const CACHED_TEXTS = 20_000;
/** Number of texts that a warning quotes. */
const MAX_QUOTED = 3;

/** A value to encode, with its path in the request for errors. */
export interface Encodable<T> {
  readonly value: T;
  readonly path: FieldPath;
}

/** Encoders as collections use them: faults name the caller's field, and a text is embedded once. */
export interface Encoding {
  /** `[n, d]` row-major, rows of norm 1. */
  readonly images: (
    encoder: EncoderRecord,
    images: readonly Encodable<Uint8Array>[],
  ) => Promise<Float32Array>;
  /**
   * What a collection keeps of an image.
   *
   * @throws AnchorageError `invalid-input` with an empty path, as `EncoderRegistry.makeThumbnail`
   */
  readonly keep: (image: Uint8Array, keeping: ImageKeeping) => Promise<KeptImage>;
  readonly texts: (encoder: EncoderRecord, texts: readonly Encodable<string>[]) => Promise<Float32Array>;
  /** Those of `texts` without any word that the encoder knows, each once; none for an external encoder. */
  readonly unknownTexts: (encoder: EncoderRecord, texts: readonly string[]) => Promise<readonly string[]>;
}

/** What is stored of an image. */
export interface KeptImage {
  readonly thumbnail: StoredImage | null;
  readonly original: StoredImage | null;
}

export const createEncoding = (registry: EncoderRegistry): Encoding => {
  const cache = new LRUCache<string, Float32Array>({ max: CACHED_TEXTS });
  const unknown = new LRUCache<string, boolean>({ max: CACHED_TEXTS });

  return {
    images: async (encoder, images) => {
      if (images.length === 0) return new Float32Array(0);
      requireUsable(registry, encoder, images[0]?.path ?? []);
      return withItemPaths(
        (i) => images[i]?.path,
        () =>
          registry.encodeImages(
            encoder.id,
            images.map((image) => image.value),
          ),
      );
    },

    keep: async (image, keeping) => {
      if (keeping.keep === "none") return { thumbnail: null, original: null };
      const thumbnail = await registry.makeThumbnail(image);
      return {
        thumbnail,
        original: keeping.keep === "original" ? await registry.makeOriginal(image, keeping) : null,
      };
    },

    unknownTexts: async (encoder, texts) => {
      if (encoder.external || texts.length === 0) return [];
      const unique = [...new Set(texts)];
      const keyOf = (text: string): string => `${encoder.key}\n${text}`;
      const found = new Map(unique.map((text) => [text, unknown.get(keyOf(text))]));
      const missing = unique.filter((text) => found.get(text) === undefined);
      const shares = missing.length === 0 ? [] : await registry.unknownShares(encoder.id, missing);
      missing.forEach((text, i) => {
        unknown.set(keyOf(text), shares[i] === 1);
        found.set(text, shares[i] === 1);
      });
      return unique.filter((text) => found.get(text) === true);
    },

    texts: async (encoder, texts) => {
      if (texts.length === 0) return new Float32Array(0);
      requireUsable(registry, encoder, texts[0]?.path ?? []);
      texts.forEach(({ value, path }) => {
        checkText(value, path);
      });
      const keyOf = (text: string): string => `${encoder.key}\n${text}`;
      const found = new Map<string, Float32Array>();
      const missing = new Map<string, Encodable<string>>();
      for (const text of texts) {
        const cached = cache.get(keyOf(text.value));
        if (cached !== undefined) found.set(text.value, cached);
        else if (!missing.has(text.value)) missing.set(text.value, text);
      }
      const unique = [...missing.values()];
      if (unique.length > 0) {
        const rows = await withItemPaths(
          (i) => unique[i]?.path,
          () =>
            registry.encodeTexts(
              encoder.id,
              unique.map((text) => text.value),
            ),
        );
        unique.forEach(({ value }, row) => {
          const vector = rows.slice(row * encoder.dimension, (row + 1) * encoder.dimension);
          cache.set(keyOf(value), vector);
          found.set(value, vector);
        });
      }
      const result = new Float32Array(texts.length * encoder.dimension);
      texts.forEach(({ value }, row) => {
        const vector = found.get(value);
        if (vector !== undefined) result.set(vector, row * encoder.dimension);
      });
      return result;
    },
  };
};

/** @throws AnchorageError `invalid-input` where `text` is blank or longer than `MAX_TEXT_LENGTH`. */
export const checkText = (text: string, path: FieldPath): void => {
  if (text.trim() === "") throw invalidField(path, "must not be empty");
  if (text.length > MAX_TEXT_LENGTH) {
    throw invalidField(path, `is ${text.length} characters long; at most ${MAX_TEXT_LENGTH} are accepted`);
  }
};

/**
 * Reads a vector that a caller gave, and checks each number. Numbers are copied in the same pass; base64 is decoded
 * straight into the result.
 *
 * @param values as the request holds them: nothing but that they are a list, or base64 of 32-bit numbers, has been checked
 * @param dimension how many numbers the collection's vectors of this modality have
 * @param path the vector's path in the request, for faults
 * @throws AnchorageError `invalid-input` if the length is wrong, an item is not a number or not finite in float32, or all
 * numbers are zero
 * @example
 * ```ts
 * readVector([3, 4], 2, ["query", "vector"]); // [3, 4]
 * ```
 */
export const readVector = (
  values: readonly unknown[] | string,
  dimension: number,
  path: FieldPath,
): Float32Array => {
  const given = typeof values === "string" ? fromBase64(values) : values;
  if (given.length !== dimension) {
    throw invalidField(path, `has ${given.length} values; this collection's dimension is ${dimension}`);
  }
  return given instanceof Float32Array ? checkNumbers(given, path) : copyNumbers(given, path);
};

// Plain loops, because an import spends much of its time here.
const copyNumbers = (values: readonly unknown[], path: FieldPath): Float32Array => {
  const vector = new Float32Array(values.length);
  for (let i = 0; i < vector.length; i++) {
    const item = values[i];
    vector[i] = typeof item === "number" ? item : NaN;
  }
  return checkNumbers(vector, path);
};

const checkNumbers = (vector: Float32Array, path: FieldPath): Float32Array => {
  let isZero = true;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? NaN;
    if (!Number.isFinite(value)) throw invalidField([...path, i], "is not a finite 32-bit number");
    if (value !== 0) isZero = false;
  }
  if (isZero) throw invalidField(path, "is all zero, which has no direction");
  return vector;
};

const requireUsable = (registry: EncoderRegistry, encoder: EncoderRecord, path: FieldPath): void => {
  if (encoder.external) {
    throw invalidField(
      path,
      `this collection's ${encoder.modality} encoder is external: give a vector of dimension ${encoder.dimension}`,
    );
  }
  requireInstalled(registry, encoder, path);
};

/** How many captions, among those that are encoded here, have no word that the collection's text encoder knows. */
export const countUnknown = async (
  { textEncoder }: CollectionRecord,
  anchors: readonly Anchor[],
  encoding: Encoding,
): Promise<number> => {
  const captions = anchors.flatMap(({ text, textVector }) =>
    text === undefined || textVector !== undefined ? [] : [text],
  );
  const unknown = new Set(await encoding.unknownTexts(textEncoder, captions));
  return captions.filter((caption) => unknown.has(caption)).length;
};

/**
 * A warning for texts without any word that the collection's text encoder knows: their vectors hardly differ, so neither do
 * the answers.
 *
 * @returns to be spread into an answer
 */
export const warningsFor = async (
  { textEncoder }: CollectionRecord,
  texts: readonly string[],
  encoding: Encoding,
): Promise<{ readonly warnings?: readonly string[] }> => {
  const unknown = await encoding.unknownTexts(textEncoder, texts);
  if (unknown.length === 0) return {};
  const shown = unknown.slice(0, MAX_QUOTED).map((text) => `"${text}"`);
  const more = unknown.length > shown.length ? ", ..." : "";
  const many = unknown.length === 1 ? "1 text" : `${unknown.length} texts`;
  return {
    warnings: [
      `the text encoder ${textEncoder.id} knows no word of ${many} (${shown.join(", ")}${more}) and cannot tell such ` +
        `texts apart; a collection with a multilingual text encoder can`,
    ],
  };
};

export const textsIn = (inputs: readonly Input[]): string[] =>
  inputs.flatMap((input) => ("text" in input ? [input.text] : []));

/** The texts of classes, without the words of templates. */
export const classTexts = ({ classes }: Pick<ClassifyRequest, "classes">): string[] =>
  classes.flatMap(({ name, prompts }) => (prompts === undefined ? [name] : textsIn(prompts)));
