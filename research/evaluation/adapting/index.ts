/** What a few pairs of something new change at once: measured on emoji, in memory and in a real collection. */
export { evaluateAdapting } from "./evaluate.ts";
export { adaptingChart, adaptingTable, type AdaptingReport } from "./report.ts";
