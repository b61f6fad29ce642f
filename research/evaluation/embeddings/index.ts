/** Embeddings that were made elsewhere, from NumPy's files. */
export { readEmbeddings, type EmbeddingFiles } from "./read.ts";
