import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { CollectionsClient } from "../../client/index.ts";
import type { TuneIndexOptions } from "./tune-index.ts";

const schema = ({ z, collectionOption, noArguments }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
    })
    .strict();

export const tuneIndexCommand: Command<TuneIndexOptions, CommandContext<CollectionsClient>> = {
  name: "tune-index",
  on: "anchorage",
  synopsis: "--collection NAME [options]",
  about: [
    "Measures HNSW's recall of the exact answer in a collection, and its time, at k = 10, 100 and 800 with growing ef. Queries are made from stored vectors, after the collection's transform, as far from these as they are from each other. The service uses the curve that is written: it takes the smallest ef that reaches the recall. Without a curve it measures fewer queries itself once a graph is built.",
    "",
    "Without a service at --url, the collection is read from the Postgres of DATA_DIR, whether or not a service runs on it. The curve is written under DATA_DIR/indexes.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to measure" },
  },
  examples: ["--collection emoji"],
  schema,
  run: async (given, context) => (await import("./tune-index.ts")).tuneIndex(given, context),
};
