import type { FieldFault } from "../../errors.ts";
import type { ImagePreprocessing } from "../manifest.ts";

/** What a decoder process does with the bytes of one file. */
export type DecodeJob =
  /** Answers with `[height, width, 3]` bytes, row-major. */
  | { readonly kind: "pixels"; readonly spec: ImagePreprocessing; readonly maxPixels: number }
  /** Answers with a WebP file. */
  | { readonly kind: "thumbnail"; readonly maxPixels: number }
  /** Answers with a media type, NUL, and a file; no file: it is kept as it is. */
  | {
      readonly kind: "original";
      readonly maxPixels: number;
      readonly longestSide: number;
      readonly format: "as-sent" | "webp" | "jpeg";
    }
  /** Answers with the 8 bytes of a hash, or none. */
  | { readonly kind: "hash" }
  /** Answers with the fields that a file describes itself by, as JSON. */
  | { readonly kind: "fields"; readonly sidecar: boolean };

/**
 * The limits of one lane. Almost every image is decoded within `quick`; what needs more is decoded again in the one
 * process of `heavy`, so that it keeps no other image waiting.
 */
export interface LaneLimits {
  readonly lane: "quick" | "heavy";
  /** Processor time of one image, in milliseconds. */
  readonly cpuMs: number;
  /** Time of one image by the clock, in milliseconds: the last resort. */
  readonly wallMs: number;
  /** Memory of the process, in bytes. */
  readonly memory: number;
}

/** What a process answers with. The payload of a frame follows it. */
export type DecodeReply =
  | { readonly done: true }
  /** The header says that the image needs the `heavy` lane. */
  | { readonly heavy: true }
  | { readonly failed: { readonly message: string; readonly faults?: readonly FieldFault[] } };

/** Why a process ended while it decoded. */
export type Exceeded = "time" | "memory" | "crash";
