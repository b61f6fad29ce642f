/** Embeddings that were made elsewhere, from NumPy's files. */
export { readEmbeddings, type EmbeddingFiles } from "./read.ts";
export { LABEL_ITEMS, openNpy, VECTOR_ITEMS, type NpyArray } from "./npy.ts";
