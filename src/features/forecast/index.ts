/** The error of a collection's answers with more anchors than it has. */
export { forecastGrowth, type ClassErrors, type Growth } from "./growth.ts";
export { classErrorsOf, measureSteps, type ForecastScoring } from "./measure.ts";
export { sizesUpTo } from "./sizes.ts";
