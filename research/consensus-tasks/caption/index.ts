export { captionText, createCaptionTask, createKeywordEncoder } from "./task.ts";
