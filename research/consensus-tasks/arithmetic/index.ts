export { evaluateBeams, type BeamResult } from "./beams.ts";
export { createArithmeticTask, createClassifier, createItems } from "./task.ts";
