import { namedTransform } from "../../api/transforms.ts";
import type { z } from "zod";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { CollectionsClient } from "../../client/index.ts";

const schema = ({ z, collectionOption, noArguments, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      "image-vectors": requiredText.optional(),
      "text-vectors": requiredText.optional(),
      ids: requiredText.optional(),
      captions: requiredText.optional(),
      transform: z
        .enum(namedTransform.options, { error: `must be one of ${namedTransform.options.join(", ")}` })
        .optional(),
      out: requiredText.optional(),
      kind: z.enum(["partitions", "hnsw"], { error: "must be partitions or hnsw" }),
      profile: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]*$/, "must be the name of a file in indexes/, without .json")
        .optional(),
      threads: z.enum(["1", "2"], { error: "must be 1 or 2" }),
    })
    .strict()
    .superRefine((given, context) => {
      const fault = (option: string, message: string): void => {
        context.addIssue({ code: "custom", path: [option], message });
      };
      const [images, texts] = [given["image-vectors"], given["text-vectors"]];
      if (images !== undefined && texts === undefined)
        fault("text-vectors", "is required with --image-vectors: an anchor has a vector of each");
      if (texts !== undefined && images === undefined)
        fault("image-vectors", "is required with --text-vectors: an anchor has a vector of each");
      if (images !== undefined) return;
      for (const option of ["ids", "captions", "transform"] as const)
        if (given[option] !== undefined) fault(option, "is for --image-vectors and --text-vectors");
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const { buildIndex } = await import("./index.ts");
  const { collection, out, kind, profile, ids, captions, transform } = given;
  const [images, texts] = [given["image-vectors"], given["text-vectors"]];
  const vectors =
    images === undefined || texts === undefined ? undefined : { images, texts, ids, captions, transform };
  const threads = given.threads === "1" ? 1 : 2;
  return buildIndex({ collection, out, kind, profile, threads, vectors }, context);
};

export const buildIndexCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "build-index",
  on: "anchorage",
  synopsis: "--collection NAME [--image-vectors FILE --text-vectors FILE] [options]",
  about: [
    "Partitions a collection's image and text vectors, after the collection's transform, or builds HNSW graphs over them (--kind hnsw), measures their recall, and writes them with the fitted transforms under DATA_DIR/indexes/NAME. A running service is asked to adopt them, and others adopt them when they start; from then on the planner compares them with exact search at any size.",
    "",
    "Files of vectors (.npy or .fvecs, one row per anchor) are stored in the collection first. A collection that does not exist is created for external vectors; ids that it has already are skipped.",
    "",
    "A graph is saved after every 10,000 vectors, and partitions once a modality is done, which takes seconds for 100,000. The same command continues from there after Ctrl-C or a crash, even if the collection has changed a little since. A compaction removes files that contain deleted anchors from DATA_DIR; files elsewhere are yours to delete.",
    "",
    "Without a service at --url, the collection is read from the Postgres of DATA_DIR, whether or not a service runs on it.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to index" },
    "image-vectors": { type: "string", value: "FILE", help: "image vectors to store first" },
    "text-vectors": { type: "string", value: "FILE", help: "the text vectors of the same anchors" },
    ids: { type: "string", value: "FILE", help: "their ids, one per line [row numbers]" },
    captions: { type: "string", value: "FILE", help: "their captions, one per line" },
    transform: {
      type: "string",
      value: "KIND",
      choices: namedTransform.options,
      help: "transform of a new collection: none, center, whiten or auto [none]",
    },
    out: { type: "string", value: "DIR", help: "the folder for the files [DATA_DIR/indexes/NAME]" },
    kind: {
      type: "string",
      value: "KIND",
      choices: ["partitions", "hnsw"],
      default: "partitions",
      help: "what is built: partitions or hnsw",
    },
    profile: {
      type: "string",
      value: "NAME",
      help: "the name of a file in indexes/, without .json [default, or hnsw for graphs]",
    },
    threads: {
      type: "string",
      value: "N",
      default: "2",
      help: "2: on two threads; 1: on one, which leaves a core to the service",
    },
  },
  exits: { done: "built", partly: "built, but the running service did not adopt it" },
  examples: [
    "--collection emoji",
    "--collection web --image-vectors images.npy --text-vectors texts.npy --captions captions.txt",
    "--collection emoji --kind hnsw",
    "--collection emoji --url http://127.0.0.1:8080 --out /tmp/emoji-index",
  ],
  schema,
  run,
};
