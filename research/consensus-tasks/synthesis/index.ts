export { evaluateDistances, type DistanceResult } from "./distances.ts";
export { createGallery, type Gallery, type Picture } from "./gallery.ts";
export { createSynthesisTask } from "./task.ts";
