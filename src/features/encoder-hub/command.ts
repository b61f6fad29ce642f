import { basename } from "node:path";
import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";
import { describePooling, READING_OPTIONS, readingSchemas } from "./add-command.ts";

const RETRY_MS = 500;

const schema = ({ z, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z
        .array(
          z.string().regex(/^[\w][\w.-]*(\/[\w][\w.-]*)?$/, "MODEL must be like Xenova/all-MiniLM-L6-v2"),
        )
        .length(1, "MODEL is required, such as Xenova/all-MiniLM-L6-v2"),
      revision: requiredText,
      name: z
        .string()
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
          "must be 1 to 100 letters, digits, dots, dashes or underscores",
        )
        .optional(),
      file: z.string().endsWith(".onnx", "must end with .onnx").optional(),
      ...readingSchemas(z),
      endpoint: z.url({ protocol: /^https?$/, error: "must be an http address" }),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { config, signal, show, note, log }: CommandContext): Promise<number> => {
  // DATA_DIR is for its own user alone.
  process.umask(0o077);
  const { encoderDirectory } = await import("../../config.ts");
  const { createProgress } = await import("../../progress.ts");
  const { pullEncoder } = await import("./index.ts");
  const [name = ""] = given.arguments;
  const directory = encoderDirectory(config.dataDir);
  const id = given.name ?? basename(name);
  const { endpoint, revision, file, tower, precision, pooling: chosen } = given;
  const progress = createProgress(id, "kB");
  try {
    const pulled = await pullEncoder(
      {
        ...{ endpoint, name, revision, directory, id },
        ...{ file, tower, precision, pooling: chosen },
      },
      { signal, retryMs: RETRY_MS, progress, log },
    );
    const { info, pooling, poolingFrom, page } = pulled;
    note(`${pulled.fetched ? "fetched into" : "is already in"} ${pulled.directory}`);
    show(
      { ...info, pooling, poolingFrom, page, directory: pulled.directory, fetched: pulled.fetched },
      () => [
        `${info.id}: ${info.modality} encoder, dimension ${info.dimension}, pooling ${describePooling(pooling, poolingFrom)}`,
        `source ${info.source}; licence: ${info.licence} (${page})`,
      ],
    );
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("stopped; the same command continues from here");
    return EXIT.interrupted;
  } finally {
    progress.stop();
  }
};

export const pullEncoderCommand: Command<Given, CommandContext> = {
  name: "encoders pull",
  on: "data-dir",
  synopsis: "MODEL [options]",
  about:
    "Downloads an encoder of images or texts from the Hugging Face hub into DATA_DIR. A service finds it there at " +
    "its next start. Every file is checked against the hub's hash; files that are there already are not downloaded again.",
  options: {
    revision: { type: "string", value: "REVISION", help: "a branch, a tag or a commit", default: "main" },
    name: { type: "string", value: "ID", help: "the encoder's id [the model's name]" },
    file: {
      type: "string",
      value: "PATH",
      help: "the ONNX file, such as onnx/model_quantized.onnx [onnx/model.onnx, or the next best]",
    },
    ...READING_OPTIONS,
    endpoint: { type: "string", value: "URL", help: "another hub", default: "https://huggingface.co" },
  },
  examples: [
    "Xenova/all-MiniLM-L6-v2",
    "Xenova/dinov2-small --file onnx/model_quantized.onnx --name dinov2-small-int8",
  ],
  schema,
  run,
};
