/** Dense matrices in float64: products by ONNX Runtime, and factorisations that are mostly products. */
export { factor, solveLower, solveLowerTransposed } from "./cholesky.ts";
export { eigenSymmetric, type Eigen } from "./eigen.ts";
export { closeProducts, multiply, type Matrix } from "./products.ts";
