/** How exactly an ONNX file holds the weights. */
export const PRECISIONS = ["fp32", "fp16", "int8", "q4"] as const;
export type Precision = (typeof PRECISIONS)[number];
/** A part of a model for both images and texts, in a file of its own. */
export type Tower = "image" | "text";

/** Endings of file names as exporters write them, by precision, in order of preference. */
const ENDINGS: Readonly<Record<Precision, readonly string[]>> = {
  fp32: [""],
  fp16: ["_fp16"],
  int8: ["_quantized", "_int8", "_uint8"],
  q4: ["_q4", "_q4f16", "_bnb4"],
};
/** ONNX Runtime computes in fp32 on the processor, so that smaller weights save memory there and no time. */
const BY_DEFAULT = [...ENDINGS.fp32, ...ENDINGS.fp16, ...ENDINGS.int8];
const TOWERS: Readonly<Record<Tower, string>> = { image: "vision_model", text: "text_model" };

interface Wish {
  /** Path of the ONNX file. */
  readonly file?: string | undefined;
  readonly tower?: Tower | undefined;
  readonly precision?: Precision | undefined;
}

/**
 * Chooses the ONNX file of an encoder folder: the one that is asked for by its path; else `model.onnx` in the precision that
 * is asked for, or `vision_model.onnx` or `text_model.onnx` for a tower; else a half-precision or quantised variant; else
 * the only ONNX file.
 *
 * @param files paths of all files, relative to the folder, separated by `/`
 * @returns the chosen file, or a sentence that explains the problem and lists the candidates
 * @example
 * ```ts
 * chooseModel(["config.json", "onnx/model.onnx", "onnx/model_fp16.onnx"]); // { file: "onnx/model.onnx" }
 * chooseModel(["onnx/text_model.onnx", "onnx/vision_model.onnx"], { tower: "text" }); // { file: "onnx/text_model.onnx" }
 * ```
 */
export const chooseModel = (
  files: readonly string[],
  { file: wanted, tower, precision }: Wish = {},
): { readonly file: string } | { readonly problem: string } => {
  const models = files.filter((file) => file.endsWith(".onnx")).sort();
  const there = models.length === 0 ? "there is no ONNX file" : `there are ${models.join(", ")}`;
  if (wanted !== undefined)
    return models.includes(wanted) ? { file: wanted } : { problem: `${wanted} is not there; ${there}` };
  const [first, second] = models;
  if (first === undefined) return { problem: there };
  const find = (base: string): string | undefined => {
    const endings = precision === undefined ? BY_DEFAULT : ENDINGS[precision];
    const names = endings.flatMap((ending) => [`onnx/${base}${ending}.onnx`, `${base}${ending}.onnx`]);
    return names.find((name) => models.includes(name));
  };
  if (tower !== undefined) {
    const file = find(TOWERS[tower]);
    return file === undefined
      ? { problem: `there is no ${named(TOWERS[tower], precision)}; ${there}` }
      : { file };
  }
  const towers = Object.values(TOWERS).map(find);
  if (towers.every((file) => file !== undefined))
    return { problem: `it has a tower for images and one for texts: pass --tower image or --tower text` };
  const file = find("model") ?? towers.find((found) => found !== undefined);
  if (file !== undefined) return { file };
  if (second === undefined && precision === undefined) return { file: first };
  return { problem: `there is no ${named("model", precision)}, and the choice is open: ${there}` };
};

const named = (base: string, precision: Precision | undefined): string =>
  `${base}.onnx${precision === undefined ? "" : ` in ${precision}`}`;
