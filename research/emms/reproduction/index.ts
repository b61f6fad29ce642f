/** The published comparison of transferability scores, from files that the authors' scripts make. */
export { AUTHORS_FILES, type ReproductionFiles } from "./files.ts";
export { readAccuracies, reproduceEmms, type Accuracies, type ReproducedDataset } from "./reproduce.ts";
export { reproductionTable } from "./table.ts";
