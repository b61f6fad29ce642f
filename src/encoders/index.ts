/** Frozen encoders: manifests that describe them, and sessions that run them. */
export { DEFAULT_MAX_PIXELS } from "./decoding/index.ts";
export { hashOfPicture, makeThumbnail, readImageFields } from "./image.ts";
export { requireInstalled } from "./installed.ts";
export { openEncoderRegistry } from "./registry.ts";
export type { EncoderRegistry } from "./types.ts";
/** For tools that import encoders published elsewhere and verify them. */
export { fileSha256 } from "./checksum.ts";
export { externalDataOf, isInside } from "./external-data.ts";
export { exists, readJsonIfThere } from "./folder.ts";
export { folderSource, readHuggingFaceFolder, SOURCE_FILE, type FolderSource } from "./hugging-face.ts";
export { readGraphPorts } from "./graph-ports.ts";
export { decideImagePooling } from "./image-pooling.ts";
export { measureWidth } from "./measure.ts";
export { dimensionOf, readModelConfig } from "./model-config.ts";
export { openImageSession } from "./image-session.ts";
export type { EncoderManifest } from "./manifest.ts";
export { chooseModel, PRECISIONS, type Precision, type Tower } from "./model-file.ts";
export { readFolder } from "./read-folders.ts";
export type { EncoderSource, SharedNetwork } from "./source.ts";
export type { EncoderSession } from "./session.ts";
export { decideTextPooling } from "./text-pooling.ts";
export { openTextSession } from "./text-session.ts";
