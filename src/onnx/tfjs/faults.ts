import { AnchorageError } from "../../errors.ts";

export const unsupportedGraph = (what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `This TensorFlow graph cannot be imported: ${what}.`);

export const unsupportedLayers = (what: string): AnchorageError =>
  new AnchorageError("unsupported-model", `This Keras model cannot be imported: ${what}.`);
