/** In the order of preference: the whole weights first, then the smaller forms. */
const PREFERRED = ["model", "model_fp16", "model_quantized", "model_int8", "model_uint8"].flatMap((name) => [
  `onnx/${name}.onnx`,
  `${name}.onnx`,
]);

/**
 * Picks the ONNX file of an encoder's folder, by its path there: the one that is wanted; else `model.onnx`, or a
 * smaller form of it; else the only one that there is.
 *
 * @returns the file, or in one sentence why there is none, with those that could be asked for
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
