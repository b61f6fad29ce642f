/** Vectors of several encoders of one anchor, kept beside those of its collection's own. */
export {
  anchorLayerVectors,
  keepLayerVectors,
  sharedRows,
  type Making,
  type SharedRows,
} from "./anchor-layer-vectors.ts";
