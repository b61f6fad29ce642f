/** Classifiers over vectors that the operator puts into DATA_DIR/classifiers, as ONNX files. */
export { openClassifiers, type Classifier, type Classifiers } from "./classifiers.ts";
