import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AnchorageError } from "../../errors.ts";
import {
  decideImagePooling,
  decideTextPooling,
  dimensionOf,
  exists,
  measureWidth,
  readGraphPorts,
  readHuggingFaceFolder,
  readModelConfig,
  SOURCE_FILE,
  type EncoderManifest,
  type FolderSource,
} from "../../encoders/index.ts";

/**
 * Writes where an encoder comes from into its folder, with what is decided about it from its files and its graph: whether
 * it takes images or texts, its pooling and what says it, and the width of its output.
 *
 * @param chosen the pooling that a person has decided
 * @throws AnchorageError `unsupported-model` where nothing says how it pools, or its files contradict its graph
 */
export const recordSource = async (
  directory: string,
  source: FolderSource,
  chosen: EncoderManifest["pooling"] | undefined,
): Promise<FolderSource> => {
  const { name, file: model } = source;
  const inputs = (await readGraphPorts(directory, model)).inputs.map((input) => input.name);
  const modality = await modalityOf(directory, source, inputs);
  const asked = { name, model };
  const pooling =
    modality === "text"
      ? await decideTextPooling(directory, { ...asked, ...chosenFor(chosen, "text", TEXT_MODES) })
      : await decideImagePooling(directory, { ...asked, ...chosenFor(chosen, "image", IMAGE_MODES) });
  const [input] = inputs;
  const decided: FolderSource = {
    ...source,
    ...{ reading: 2, modality, pooling },
    ...(modality === "image" && input !== undefined && input !== "pixel_values" ? { input } : {}),
  };
  const draft = await readHuggingFaceFolder(directory, "draft", { ...decided, dimension: 1 });
  const dimension = await widthOf(directory, draft, pooling.output);
  const recorded = dimension === undefined ? decided : { ...decided, dimension };
  await writeFile(join(directory, SOURCE_FILE), JSON.stringify(recorded, null, 2), { flush: true });
  return recorded;
};

const TEXT_MODES = ["none", "cls", "mean", "last"] as const;
const IMAGE_MODES = ["none", "cls", "mean", "cls+mean"] as const;

const chosenFor = <Mode extends string>(
  chosen: string | undefined,
  modality: string,
  modes: readonly Mode[],
): { readonly chosen?: Mode } => {
  if (chosen === undefined) return {};
  const mode = modes.find((known) => known === chosen);
  if (mode !== undefined) return { chosen: mode };
  throw new AnchorageError(
    "invalid-input",
    `--pooling ${chosen} is not for an encoder of ${modality}s, whose poolings are ${modes.slice(1).join(", ")}.`,
  );
};

const modalityOf = async (
  directory: string,
  { name, file }: FolderSource,
  inputs: readonly string[],
): Promise<"image" | "text"> => {
  const isText = inputs.includes("input_ids");
  if (isText && inputs.includes("pixel_values"))
    throw new AnchorageError(
      "unsupported-model",
      `${file} of ${name} takes an image and a text at once; an encoder takes one of them, as vision_model.onnx and text_model.onnx do.`,
    );
  if (isText && !(await exists(join(directory, "tokenizer.json"))))
    throw new AnchorageError("unsupported-model", `${name} takes texts and has no tokenizer.json.`);
  return isText ? "text" : "image";
};

/** The width to record: undefined where the configuration names it, which the trial of the encoder then checks. */
const widthOf = async (
  directory: string,
  manifest: EncoderManifest,
  output: string | undefined,
): Promise<number | undefined> => {
  const config = await readModelConfig(directory);
  const hidden = dimensionOf(config, manifest.modality);
  if (manifest.pooling !== "none" && hidden !== undefined) return undefined;
  const width = await measureWidth(directory, manifest);
  const said =
    output?.endsWith("_embeds") === true
      ? config.projection_dim
      : output === "pooler_output"
        ? hidden
        : width;
  if (said == null || said === width) return width;
  throw new AnchorageError(
    "unsupported-model",
    `config.json says that the vectors have ${said} numbers, and the network's output ${output ?? ""} has ${width}.`,
  );
};
