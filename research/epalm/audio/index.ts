/** A front end for sounds, and features of several depths where no audio encoder is at hand. */
export { logMel, MEL_BINS, SAMPLE_RATE } from "./log-mel.ts";
export { SCALE_DIMENSION, scaleFeatures, SCALES } from "./scales.ts";
