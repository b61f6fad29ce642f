import { innerProduct } from "./naive-index.ts";
/** The cosine of two rows, in float64. */
export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  innerProduct(a, b) / Math.sqrt(innerProduct(a, a) * innerProduct(b, b));
