import type { z } from "zod";
import type { CoreClient } from "../../client/index.ts";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { createProgress } from "../../progress.ts";
import type { ReencodingBody, ReencodingClient } from "./client.ts";

/** The part of Anchorage that moves collections to other encoders. */
type Mover = Pick<CoreClient, "waitForJob"> & { collection(name: string): ReencodingClient };

const APPLY = ["always", "if-better", "never"] as const;

const schema = ({ z, collectionOption, noArguments, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      "image-encoder": requiredText.optional(),
      "text-encoder": requiredText.optional(),
      apply: z.enum(APPLY, `must be one of ${APPLY.join(", ")}`),
      "no-evaluate": z.boolean().default(false),
    })
    .strict()
    .refine((given) => given["image-encoder"] !== undefined || given["text-encoder"] !== undefined, {
      path: ["image-encoder"],
      message: "or --text-encoder is required, or both",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { connect, show, signal }: CommandContext<Mover>): Promise<number> => {
  const { collection: name, "image-encoder": imageEncoder, "text-encoder": textEncoder, apply } = given;
  const client = await connect();
  const progress = createProgress(`moving ${name}`, "steps");
  try {
    const collection = client.collection(name);
    const job = await collection.reencode({
      ...(imageEncoder === undefined ? {} : { imageEncoder }),
      ...(textEncoder === undefined ? {} : { textEncoder }),
      apply,
      evaluate: !given["no-evaluate"],
    });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    progress.stop();
    const moved = await collection.getReencoding();
    show(moved, () => linesOf(name, moved));
    return EXIT.done;
  } finally {
    progress.stop();
    await client.close();
  }
};

const linesOf = (name: string, { appliedAt, evaluation, thumbnails }: ReencodingBody): string[] => [
  ...(evaluation === null
    ? []
    : [
        `${evaluation.questions} held-out images, ${evaluation.classes} classes: mean reciprocal rank ` +
          `${evaluation.before.meanReciprocalRank.toFixed(3)} before, ${evaluation.after.meanReciprocalRank.toFixed(3)} after`,
      ]),
  appliedAt === null
    ? `${name} keeps its encoders`
    : `${name} uses the new encoders from sequence ${appliedAt} on`,
  ...(thumbnails === 0 ? [] : [`${thumbnails} images are stored as thumbnails alone, which costs accuracy`]),
];

/** `anchorage reencode`. */
export const reencodeCommand: Command<Given, CommandContext<Mover>> = {
  name: "reencode",
  on: "anchorage",
  synopsis: "--collection NAME (--image-encoder ID | --text-encoder ID) [options]",
  about:
    "Moves a collection to other encoders while it serves queries. New vectors are made beside the old ones, the same questions are asked under both, and queries change over at one sequence. Ctrl-C cancels the move; vectors made so far are kept.",
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to move" },
    "image-encoder": { type: "string", value: "ID", help: "the new image encoder [unchanged]" },
    "text-encoder": { type: "string", value: "ID", help: "the new text encoder [unchanged]" },
    apply: {
      type: "string",
      value: "WHEN",
      default: "always",
      choices: APPLY,
      help: "always; if-better: only if the mean reciprocal rank is higher; never: only compare",
    },
    "no-evaluate": { type: "boolean", help: "move without the comparison" },
  },
  examples: [
    "--collection emoji --image-encoder inception-v3-mixed6 --apply if-better",
    "--collection birds --text-encoder all-MiniLM-L6-v2",
  ],
  schema,
  run,
};
