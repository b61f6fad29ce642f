/** Labelled images as data sets publish them, and the words that ask for their classes. */
export { openDataset } from "./open.ts";
export type { LabelledClass, LabelledImage, LabelledImages } from "./types.ts";
