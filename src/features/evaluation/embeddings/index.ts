/** Embeddings computed elsewhere, from files of NumPy and PyTorch. */
export { readEmbeddings, type EmbeddingFiles } from "./read.ts";
