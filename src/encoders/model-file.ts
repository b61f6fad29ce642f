/** In order of preference: full precision first, then half precision and quantised models. */
const PREFERRED = ["model", "model_fp16", "model_quantized", "model_int8", "model_uint8"].flatMap((name) => [
  `onnx/${name}.onnx`,
  `${name}.onnx`,
]);

/**
 * Chooses the ONNX file of an encoder folder: `wanted` if it is given, otherwise `model.onnx`, otherwise a half-precision
 * or quantised variant, otherwise the only ONNX file.
 *
 * @param files paths of all files, relative to the folder, separated by `/`
 * @returns the chosen file, or a sentence that explains the problem and lists the candidates
 * @example
 * ```ts
 * chooseModel(["config.json", "onnx/model.onnx", "onnx/model_fp16.onnx"]); // { file: "onnx/model.onnx" }
 * ```
 */
export const chooseModel = (
  files: readonly string[],
  wanted?: string,
): { readonly file: string } | { readonly problem: string } => {
  const models = files.filter((file) => file.endsWith(".onnx")).sort();
  const there = models.length === 0 ? "there is no ONNX file" : `there are ${models.join(", ")}`;
  if (wanted !== undefined)
    return models.includes(wanted) ? { file: wanted } : { problem: `${wanted} is not there; ${there}` };
  const [first, second] = models;
  const file = PREFERRED.find((name) => models.includes(name)) ?? (second === undefined ? first : undefined);
  if (file !== undefined) return { file };
  return {
    problem: first === undefined ? there : `there is no model.onnx, and the choice is open: ${there}`,
  };
};
