/** A collection's indexes as files: built by a profile, measured, and published all at once. */
export { buildIndexFiles, type BuildOptions, type Built, type BuiltGraph } from "./build.ts";
export { collectVectors, type VectorSource } from "../../cli/build-index/collect.ts";
export { profileNamed } from "./profile.ts";
export { prepareIndexFolder, type IndexPlace } from "./publish.ts";
export { removeIndexFiles } from "./remove.ts";
export { RECALL_K } from "./recall.ts";
export { tuneGraphs, type TuneOptions } from "./tune.ts";
export type * from "./types.ts";
