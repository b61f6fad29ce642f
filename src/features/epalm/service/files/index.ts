/** Numbers for a language model as files that anything can read. */
export { collectionFile, type StreamedFile } from "./collection-file.ts";
export { fileOf, type FileFormat } from "./tensors.ts";
