export { embedFrames } from "./frames.ts";
export { createQuestionsTask, type Eye } from "./task.ts";
