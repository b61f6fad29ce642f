import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { CollectionsClient } from "../../client/index.ts";
import type { TuneIndexOptions } from "./tune-index.ts";

const schema = ({ z, collectionOption, noArguments, urlOption }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      url: urlOption.optional(),
    })
    .strict();

export const tuneIndexCommand: Command<TuneIndexOptions, CommandContext<CollectionsClient>> = {
  name: "tune-index",
  synopsis: "--collection NAME [--url URL]",
  about: [
    "Measures how much of the exact answer HNSW finds in a collection, and how long it takes, at k = 10, 100 and 800 with growing ef: queries are made from stored vectors, as the collection's transform shows them, as far from these as they are from each other. The service goes by the curve that is written: it takes the smallest ef that holds the recall. Without one it measures fewer queries itself once a graph is built.",
    "",
    "Without --url the collection is read from the Postgres of DATA_DIR (./data), whether a service runs on it or not. The curve is written under DATA_DIR/indexes.",
    "",
    "Exit status: 0 written, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose vectors are measured" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: ["--collection emoji"],
  schema,
  run: async (given, context) => (await import("./tune-index.ts")).tuneIndex(given, context),
};
