/** A collection's graphs, fits and anchors in files, written by `build-index` and adopted by the service. */
export { forgetErased, forgetGone, removeAll, removeBuilt } from "./forget.ts";
export { builtFolder, type BuildSubject, type BuiltManifest } from "./manifest.ts";
export { isBuilt, readBuilt, type BuiltRead, type ReadSubject } from "./read.ts";
