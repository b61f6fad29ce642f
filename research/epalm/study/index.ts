/** Adapters on a frozen decoder, asked about emoji that they have and have not been trained on. */
export { MAIN_PLAN, PLANS, type Plan } from "./plans.ts";
export { epalmTable, growthChart, type EpalmReport } from "./report.ts";
export type { Outcome } from "./run-plan.ts";
export { evaluateAdapters } from "./study.ts";
