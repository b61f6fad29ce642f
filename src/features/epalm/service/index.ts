/** What the routes of adapters call: stored adapters, jobs over layers' vectors, inputs for language models, generation. */
export { createAdapters, type Adapters } from "./adapters.ts";
export { decodersOf, openDecoders, type Decoders } from "./decoders.ts";
export { fileOf, type FileFormat, type StreamedFile } from "./files/index.ts";
export type { GenerateAnswer, GenerateContext, GenerateRequest } from "./generate.ts";
export { adapterSettingsOf } from "./records.ts";
export type { TrainRequest } from "./training.ts";
export type * from "./types.ts";
