import { AnchorageError } from "../errors.ts";
import { readGraphPorts } from "./graph-ports.ts";
import { kindsOf, readModelConfig } from "./model-config.ts";

/** How an image encoder's tokens become one vector, and what says so. */
export interface ImagePooling {
  readonly mode: "none" | "cls" | "mean" | "cls+mean";
  /** The output to use. */
  readonly output?: string;
  /** An output, a family of models, or the option that decided. */
  readonly from: string;
}

/** Outputs that are one vector an image already, in a space shared with texts. */
const PROJECTED = "image_embeds";
const POOLER = "pooler_output";
const HIDDEN = "last_hidden_state";

/** By `model_type`. ViT's exported pooler may be untrained, so its family goes before that output. */
const FAMILIES: Readonly<Record<string, readonly ["cls", string]>> = {
  vit: ["cls", "Google's model cards of ViT"],
  deit: ["cls", "Meta's model cards of DeiT"],
  dinov2: ["cls", "Meta's model cards of DINOv2"],
  dinov2_with_registers: ["cls", "Meta's model cards of DINOv2 with registers"],
  dinov3_vit: ["cls", "Meta's model cards of DINOv3"],
};

/**
 * Decides the pooling of an image encoder: by the output `image_embeds`, else by its family, else by the output
 * `pooler_output`, else by a first output that is one vector an image. It is never guessed.
 *
 * @param name of the model, such as `onnx-community/dinov3-vits16-pretrain-lvd1689m-ONNX`
 * @param model path of the ONNX file, relative to `directory`
 * @param chosen what a person has decided
 * @throws AnchorageError `unsupported-model` where nothing says it, with the option that decides
 */
export const decideImagePooling = async (
  directory: string,
  {
    name,
    model,
    chosen,
  }: { readonly name: string; readonly model: string; readonly chosen?: ImagePooling["mode"] },
): Promise<ImagePooling> => {
  const ports = (await readGraphPorts(directory, model)).outputs;
  const outputs = ports.map((output) => output.name);
  const hidden = outputs.includes(HIDDEN) ? { output: HIDDEN } : {};
  if (chosen !== undefined) return { mode: chosen, ...hidden, from: "--pooling" };
  const whole = (output: string, from = `the output ${output}`): ImagePooling => ({
    mode: "none",
    output,
    from,
  });
  if (outputs.includes(PROJECTED)) return whole(PROJECTED);
  const kinds = kindsOf(await readModelConfig(directory), "image");
  const [mode, from] = kinds.flatMap((kind) => FAMILIES[kind] ?? []);
  if (mode === "cls" && from !== undefined && outputs.includes(HIDDEN)) return { mode, ...hidden, from };
  if (outputs.includes(POOLER)) return whole(POOLER);
  const [first] = ports;
  if (first?.dims.length === 2)
    return whole(first.name, `the output ${first.name}, which is one vector an image`);
  throw new AnchorageError(
    "unsupported-model",
    `${name} does not say how the vectors of its patches become one: it has no output ${PROJECTED}, ${POOLER} (only ${outputs.join(", ")}), and its model_type is ${kinds.join(", ") || "missing"}, of no known family. Its page says it; pass it as --pooling cls, mean or cls+mean.`,
  );
};
