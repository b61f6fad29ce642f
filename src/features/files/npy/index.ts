/** Reads and writes NumPy's `.npy` files. */
export { npyHeader } from "./header.ts";
export { LABEL_ITEMS, npyInMemory, openNpy, VECTOR_ITEMS, type NpyArray } from "./open.ts";
export { readNpyLabels, readNpyRows, type NpyRows, type OpenArray } from "./read.ts";
export { npyTexts } from "./texts.ts";
export { npyOf, vectorInNpy } from "./vector.ts";
