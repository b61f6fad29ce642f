/** How far scores of model selection rank encoders as what these reach in truth. */
export { agreements, agreementTable, type Agreement, type Truth } from "./agreement.ts";
export { asifAccuracies, type AsifOptions } from "./asif-accuracy.ts";
