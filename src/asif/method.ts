import { AnchorageError } from "../errors.ts";
import type { AnchorView } from "../retrieval/index.ts";
import { similarity } from "./similarity.ts";
import type { AsifSettings } from "./types.ts";

/** How images and texts are scored against each other; every one of them from the same anchors, without training. */
export const METHODS = ["asif", "csa", "orthogonal", "ridge", "asif-csa", "consensus"] as const;
export type Method = (typeof METHODS)[number];
/** What a consensus can be made of. */
export type Member = Exclude<Method, "consensus">;

/** What methods other than `asif` depend on besides. */
export interface MethodSettings {
  /** Canonical directions that `csa` and `asif-csa` compare by, the most correlated first; absent: 128. */
  readonly rank?: number;
  /** Of a consensus; absent: `asif` and `csa`. */
  readonly members?: readonly Member[];
}

/**
 * The score of every image with every text by one method.
 *
 * @param images `[n, d]` row-major raw vectors; they need not be normalised
 * @param texts `[m, d']` row-major
 * @param settings `allow` restricts the anchors that serve as memory; what is fitted is then fitted on these alone, and
 * not kept
 * @returns `[n, m]` row-major; all 0 where there are no anchors
 */
export const scoreByMethod = async (
  view: AnchorView,
  method: Method,
  images: Float32Array,
  texts: Float32Array,
  settings: AsifSettings & MethodSettings,
): Promise<Float64Array> => {
  if (method === "asif") return similarity(view, images, texts, settings);
  throw new AnchorageError("unprocessable", `method "${method}" is not available yet`);
};
