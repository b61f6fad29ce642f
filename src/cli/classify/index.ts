/** Classification of image files, for a shell. */
export { classifyFiles, parseClassList, type ClassifiedFile, type UnfitFile } from "./classify-files.ts";
export { classificationTable, type ClassifyResultBody } from "./table.ts";
