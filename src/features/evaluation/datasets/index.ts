/** Labelled images in the layouts of published data sets, and the names of their classes. */
export { openDataset } from "./open.ts";
export type { LabelledClass, LabelledImage, LabelledImages } from "./types.ts";
