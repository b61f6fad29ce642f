/** Dense float64 linear algebra. Large matrix products run in ONNX Runtime; the factorisations are built on them. */
export { factor, solveLower, solveLowerTransposed } from "./cholesky.ts";
export { eigenSymmetric, functionOfSymmetric, orientDirection, type Eigen } from "./eigen.ts";
export {
  leadingEigen,
  leadingEigenOf,
  type LeadingOptions,
  type SymmetricOperator,
} from "./leading-eigen.ts";
export { closeProducts, multiply, multiplySingle, type Matrix } from "./products.ts";
export { eigenvaluesOf } from "./ql.ts";
export { gramOfRows, identity, mirrorUpper, transpose } from "./symmetric.ts";
export { rotate, tridiagonalize, type Tridiagonal } from "./tridiagonal.ts";
export { tridiagonalVectors } from "./tridiagonal-vectors.ts";
