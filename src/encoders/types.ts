import type { EncoderId, EncoderInfo, ListedEncoder, Modality } from "../types.ts";

/**
 * Every encoder that this service can run, and the only way to run one.
 *
 * Beside what its methods name, encoding fails with `not-found` for an id that is not registered, `corrupt-file` or
 * `unsupported-model` where the encoder's files are not what they were or not what its manifest says, and `unavailable`
 * after `close`.
 */
export interface EncoderRegistry {
  /** Images first, then by id. */
  list(): readonly ListedEncoder[];
  /** @throws AnchorageError `not-found` for an id that is not registered under this modality. */
  get(id: string, modality: Modality): EncoderInfo;
  /**
   * An image encoder, or one of the layers that {@link list} shows; only `encodeImagesByAll` encodes by a layer, whose
   * rows are as long as they come.
   *
   * @throws AnchorageError `not-found` for an id that is neither
   */
  layer(id: string): EncoderInfo;
  /** The encoder that a collection gets when it names none. */
  defaultOf(modality: Modality): EncoderInfo;
  /**
   * Encodes image files (PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG bytes) to `[n, dimension]` row-major, rows of L2 norm 1.
   *
   * @throws AnchorageError `invalid-input` whose fault path is the index of the first image that cannot be decoded
   * or is too large.
   */
  encodeImages(id: EncoderId, images: readonly Uint8Array[]): Promise<Float32Array>;
  /**
   * Encodes texts to `[n, dimension]` row-major, rows of L2 norm 1. A text beyond the encoder's length in tokens loses
   * its end; so does one of more than 16 characters for each of them.
   *
   * @throws AnchorageError `invalid-input` whose fault path is the index of the first text that is empty.
   */
  encodeTexts(id: EncoderId, texts: readonly string[]): Promise<Float32Array>;
  /**
   * As {@link encodeImages} by each of `ids`, in their order; those that are cuts of one network cost one run of it
   * together. A default encoder counts as a cut where another of its network is asked for beside it.
   */
  encodeImagesByAll(ids: readonly EncoderId[], images: readonly Uint8Array[]): Promise<Float32Array[]>;
  /** As {@link encodeTexts} by each of `ids`, likewise. */
  encodeTextsByAll(ids: readonly EncoderId[], texts: readonly string[]): Promise<Float32Array[]>;
  /** Waits for what is running and frees every session. */
  close(): Promise<void>;
}
