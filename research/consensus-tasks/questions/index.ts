export { embedFrames } from "./frames.ts";
export { createQuestionsTask, type Owned } from "./task.ts";
