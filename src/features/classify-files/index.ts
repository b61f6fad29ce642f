/** Classification of image files on the command line. */
export { classifyFiles, parseClassList, type ClassifiedFile, type UnfitFile } from "./classify-files.ts";
export { classificationTable, type ClassifyResultBody } from "./table.ts";
