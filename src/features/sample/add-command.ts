import { dataPackageCommand, SAMPLE_PACKAGE } from "../files/data-packages/index.ts";

/** `anchorage sample add`. */
export const addSampleCommand = dataPackageCommand({
  name: "sample add",
  synopsis: "[options]",
  about:
    "Installs the sample collection, 6,761 drawings of emoji with their labels (10 MB), into DATA_DIR by npm. The service makes the collection `emoji` of it when it starts next.",
  examples: ["", "--from ./anchorage-sample-0.1.0.tgz"],
  positionals: [],
  data: SAMPLE_PACKAGE,
  next: "The next start of the service makes the collection emoji, in the background.",
});
