/** How well zero-shot classification works: measured on held-out emoji, on a collection's own anchors, or on a folder. */
export { evaluateCollection, evaluateFolder } from "./collection.ts";
export { evaluateEmoji } from "./emoji.ts";
export { tableOf, writeReport, type Report } from "./report.ts";
