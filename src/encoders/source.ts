import type { Log } from "../types.ts";
import type { EncoderManifest } from "./manifest.ts";

/** One ONNX file with an output for each of several encoders, built on first use. */
export interface SharedNetwork {
  readonly id: string;
  /** Its outputs, shallowest first. */
  readonly outputs: readonly string[];
  /** The encoders that use its outputs. */
  readonly cuts: readonly EncoderManifest[];
  /** Outputs that equal, bit for bit, those of a default encoder, which also has a smaller ONNX file of its own. */
  readonly standIns: readonly StandIn[];
  /** Its last blocks, shallowest first, as layers with their encoder ids. */
  readonly layers: readonly { readonly name: string; readonly id: string }[];
  /**
   * Builds its folder under `directory`, atomically and without blocking the event loop.
   *
   * @throws AnchorageError `corrupt-file` if what it is built from has other contents than its encoders are known by
   */
  make(directory: string, log: Log): Promise<void>;
}

/** An output that can replace a default encoder. */
export interface StandIn {
  /** Fingerprint of the default encoder; a user's encoder with the same id has another. */
  readonly fingerprint: string;
  readonly manifest: EncoderManifest;
}

/** Encoders that a feature brings along. */
export interface EncoderSource {
  /** Creates the folders of its encoders under `directory`, unless they exist already; called at each start. */
  importInto(options: { readonly directory: string; readonly log: Log }): Promise<void>;
  readonly networks: readonly SharedNetwork[];
}
