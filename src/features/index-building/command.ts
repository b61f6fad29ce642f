import { namedTransform } from "../../api/transforms.ts";
import type { z } from "zod";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { CollectionsClient } from "../../client/index.ts";

const schema = ({ z, collectionOption, requiredText, urlOption }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()).max(0, "takes no arguments, only options"),
      collection: collectionOption,
      "image-vectors": requiredText.optional(),
      "text-vectors": requiredText.optional(),
      ids: requiredText.optional(),
      captions: requiredText.optional(),
      transform: z
        .enum(namedTransform.options, { error: `must be one of ${namedTransform.options.join(", ")}` })
        .optional(),
      out: requiredText.optional(),
      profile: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]*$/, "must be the name of a file in indexes/, without .json"),
      threads: z.enum(["1", "2"], { error: "must be 1 or 2" }),
      url: urlOption.optional(),
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
  const { collection, out, profile, url, ids, captions, transform } = given;
  const [images, texts] = [given["image-vectors"], given["text-vectors"]];
  const vectors =
    images === undefined || texts === undefined ? undefined : { images, texts, ids, captions, transform };
  const threads = given.threads === "1" ? 1 : 2;
  return buildIndex({ collection, out, profile, url, threads, vectors }, context);
};

export const buildIndexCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "build-index",
  synopsis: "--collection NAME [--image-vectors FILE --text-vectors FILE] [options]",
  about: [
    "Builds the HNSW graphs of a collection's image and text vectors, as the collection's transform shows them, each on a thread of its own, measures their recall, and writes them with the fitted transforms under DATA_DIR/indexes/NAME. A service adopts them when it starts, and one that runs is asked to when they are done; from then on its planner compares graph and exact search at any size.",
    "",
    "With files of vectors (.npy or .fvecs, a row for each anchor) these are stored first: in the collection, which is made for vectors from outside where it is not there. Ids that it has already are passed over.",
    "",
    "A graph is saved after every 10,000 vectors. The same command goes on from there after Ctrl-C or a crash, also where the collection was changed a little meanwhile. A compaction removes files that hold what was deleted, in DATA_DIR alone; files elsewhere are yours to delete.",
    "",
    "The collection is read from the Postgres of DATA_DIR (./data), whether a service runs on it or not, or from the service at --url.",
    "",
    "Exit status: 0 built, 1 it failed, 2 wrong use, 3 built but not adopted by the running service, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose vectors are indexed" },
    "image-vectors": { type: "string", value: "FILE", help: "image vectors to store first" },
    "text-vectors": { type: "string", value: "FILE", help: "the text vectors of the same anchors" },
    ids: { type: "string", value: "FILE", help: "their ids, one a line [row numbers]" },
    captions: { type: "string", value: "FILE", help: "their captions, one a line" },
    transform: {
      type: "string",
      value: "KIND",
      help: "of a collection that is made: none, center, whiten or auto [none]",
    },
    out: { type: "string", value: "DIR", help: "where the files go [DATA_DIR/indexes/NAME]" },
    profile: { type: "string", value: "NAME", default: "default", help: "a file in indexes/" },
    threads: {
      type: "string",
      value: "N",
      default: "2",
      help: "2: both graphs at once; 1: one after the other, which leaves a core to the service",
    },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: [
    "--collection emoji",
    "--collection web --image-vectors images.npy --text-vectors texts.npy --captions captions.txt",
    "--collection emoji --url http://127.0.0.1:8080 --out /tmp/emoji-index",
  ],
  schema,
  run,
};
