/** Texts by a decoder. */
export { beamSearch, type BeamSettings, type Generated } from "./beam.ts";
export { startDecoding, type Before, type Decoder, type Decoding, type RunNetwork } from "./decoding.ts";
export { rankAnswers } from "./rank-answers.ts";
export { sample, type SampleSettings } from "./sample.ts";
export { sampleMany, type SampleManySettings } from "./sample-many.ts";
