/** Classification of image files, for a shell. */
export { classifyFiles, readClasses, type ClassifiedFile, type UnfitFile } from "./classify-files.ts";
export { classificationTable, type ClassifyResult } from "./table.ts";
