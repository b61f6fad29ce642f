/** Labelled images as data sets publish them, and the words that ask for their classes. */
export { openDataset } from "./open.ts";
export { PROMPT_SETS, promptsOf, readTemplates } from "../../../src/files/index.ts";
export type { LabelledClass, LabelledImage, LabelledImages } from "./types.ts";
