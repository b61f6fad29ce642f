import type { ImageKeeping } from "../api/collections.ts";
import type { EncoderId, EncoderInfo, ListedEncoder, Modality } from "../types.ts";

/**
 * All encoders that this service can run.
 *
 * In addition to the errors of each method, encoding throws `not-found` for an unregistered id, `corrupt-file` or
 * `unsupported-model` if an encoder's files changed or do not match its manifest, and `unavailable` after `close`.
 */
export interface EncoderRegistry {
  /** All encoders, image encoders first, then by id. */
  list(): readonly ListedEncoder[];
  /** @throws AnchorageError `not-found` if the id is not registered for this modality */
  get(id: string, modality: Modality): EncoderInfo;
  /**
   * Finds an image encoder, or a layer shown by {@link list}. Only `encodeImagesByAll` accepts a layer; the rows of a
   * layer are not normalised.
   *
   * @throws AnchorageError `not-found` if the id is neither
   */
  layer(id: string): EncoderInfo;
  /**
   * The default encoder for collections that specify none.
   *
   * @throws AnchorageError `not-found` if there is no encoder of this modality
   */
  defaultOf(modality: Modality): EncoderInfo;
  /**
   * Encodes image files (PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG bytes).
   *
   * @returns `[n, dimension]` row-major, rows of L2 norm 1
   * @throws AnchorageError `invalid-input`; its fault path is the index of the first image that cannot be decoded or is
   * too large
   */
  encodeImages(id: EncoderId, images: readonly Uint8Array[]): Promise<Float32Array>;
  /**
   * Creates a WebP thumbnail of at most 160 pixels per side.
   *
   * @throws AnchorageError `invalid-input` (with an empty path) for an image that cannot be encoded either
   */
  makeThumbnail(image: Uint8Array): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
  /**
   * Makes what is kept of an image beside its thumbnail.
   *
   * @throws AnchorageError as {@link makeThumbnail}
   */
  makeOriginal(
    image: Uint8Array,
    keeping: Pick<ImageKeeping, "longestSide" | "format">,
  ): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }>;
  /**
   * Encodes texts. Texts are truncated to the encoder's maximum length in tokens, and to 16 characters per token of that
   * length.
   *
   * @returns `[n, dimension]` row-major, rows of L2 norm 1
   * @throws AnchorageError `invalid-input`; its fault path is the index of the first empty text
   */
  encodeTexts(id: EncoderId, texts: readonly string[]): Promise<Float32Array>;
  /**
   * The share of each text's words that the encoder's tokenizer does not know, 0 to 1. Texts of which it knows no word
   * have nearly the same vector, whatever they say.
   */
  unknownShares(id: EncoderId, texts: readonly string[]): Promise<readonly number[]>;
  /**
   * Like {@link encodeImages} for each of `ids`, in order. Encoders that are cuts of one network share one run of it. A
   * default encoder also counts as a cut if another cut of its network is requested.
   */
  encodeImagesByAll(ids: readonly EncoderId[], images: readonly Uint8Array[]): Promise<Float32Array[]>;
  /** Like {@link encodeTexts} for each of `ids`, with shared runs as in {@link encodeImagesByAll}. */
  encodeTextsByAll(ids: readonly EncoderId[], texts: readonly string[]): Promise<Float32Array[]>;
  /** Waits for running calls, then closes every session. */
  close(): Promise<void>;
}
