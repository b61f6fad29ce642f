/** A collection's graphs, fits and anchors in files, written by `build-index` and adopted by the service. */
export { openBuildFolder, type BuildFolder, type BuildOptions } from "./build.ts";
export { forgetErased, forgetGone, removeAll, removeBuilt } from "./forget.ts";
export { builtFolder, type BuiltManifest } from "./manifest.ts";
export { measureRows } from "./measure.ts";
export type { BuildSubject } from "./plan.ts";
export { measureCurves, type MeasureCurvesOptions } from "./measure-curves.ts";
export { isBuilt, readBuilt, type BuiltRead, type ReadSubject } from "./read.ts";
