import { AnchorageError } from "../../../errors.ts";

/** An `unsupported-model` error about a TensorFlow graph. */
export const unsupportedGraph = (what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `This TensorFlow graph cannot be imported: ${what}.`);

/** An `unsupported-model` error about a Keras model. */
export const unsupportedLayers = (what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `This Keras model cannot be imported: ${what}.`);
