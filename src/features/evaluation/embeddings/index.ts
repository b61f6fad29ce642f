/** Embeddings that were made elsewhere, from files of NumPy and of PyTorch. */
export { readEmbeddings, type EmbeddingFiles } from "./read.ts";
