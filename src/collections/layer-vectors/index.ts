/** Vectors of several encoders of one anchor, kept beside those of its collection's own. */
export { anchorFeatures, keepFeatures, sharedRows, type Making, type SharedRows } from "./anchor-features.ts";
