/** Training of an adapter alone, on a decoder that stays as it is. */
export { splitByInput } from "./batches.ts";
export { defaultTraining, PROJECTED_WIDTH } from "./defaults.ts";
export { readLayerVectors, parseAdapterRows, type LayerVectorsFile } from "./files.ts";
export { authorsRate, authorsSchedule, warmUpCosine, type AuthorsSchedule } from "./schedule.ts";
export { trainAdapter } from "./train-adapter.ts";
export type * from "./types.ts";
