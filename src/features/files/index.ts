/** Files that a person names: images, texts, patterns of paths and lists of prompts, with errors that name the file. */
export { corruptFile, fileFault } from "./file-fault.ts";
export { sizeOf } from "./file-size.ts";
export { expandPattern } from "./glob.ts";
export {
  isImageExtension,
  MAX_IMAGE_BYTES,
  readImageFile,
  tooLarge,
  unreadReason,
  withoutExtension,
} from "./image-file.ts";
export { imagesIn } from "./images.ts";
export { requireNew, writeOut } from "./out-file.ts";
export { ignored, reject, type Ignored, type Reject } from "./reject.ts";
export { PROMPT_SETS, promptsOf, readTemplates } from "./templates.ts";
export { decodeChunks, decodeText, readTextFile } from "./text-file.ts";
export { walk } from "./walk.ts";
