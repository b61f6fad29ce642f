export { embedFrames } from "./frames.ts";
export { createQuestionsTask } from "./task.ts";
