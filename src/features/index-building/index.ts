/** Builds the index of a collection, or of files of vectors, for the service to open. */
export { readCollection } from "./read.ts";
export { readFromService, type RemoteCollection } from "./read-service.ts";
export { buildIndex, type BuildIndexOptions } from "./run.ts";
export { readVectorFiles } from "./vector-files.ts";
