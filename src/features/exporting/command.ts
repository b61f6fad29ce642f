import type { z } from "zod";
import type { CollectionsClient, FilterBody } from "../../client/index.ts";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import { EXPORT_FORMATS, formatOf } from "./formats.ts";

const schema = ({ z, collectionOption, jsonObject }: OptionSchemas) =>
  z
    .object({
      arguments: z.tuple([collectionOption, z.string().min(1)], {
        error: "COLLECTION and FILE are required: a new file, or - for the standard output",
      }),
      format: z.enum(EXPORT_FORMATS, { error: `must be one of ${EXPORT_FORMATS.join(", ")}` }).optional(),
      filter: jsonObject.optional(),
      "no-images": z.boolean().default(false),
      "no-vectors": z.boolean().default(false),
    })
    .strict()
    .transform(({ arguments: [collection, file], format, ...given }, context) => {
      const chosen = format ?? formatOf(file);
      if (chosen !== null) return { ...given, collection, file, format: chosen };
      context.addIssue({
        code: "custom",
        path: ["format"],
        message: `is required for ${file}: one of ${EXPORT_FORMATS.join(", ")}`,
      });
      return z.NEVER;
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const { runExport } = await import("./run.ts");
  return runExport(
    {
      collection: given.collection,
      file: given.file,
      format: given.format,
      // The service checks it.
      filter: given.filter as FilterBody | undefined,
      images: !given["no-images"],
      vectors: !given["no-vectors"],
    },
    context,
  );
};

/** `anchorage export`. */
export const exportCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "export",
  on: "anchorage",
  synopsis: "COLLECTION FILE [options]",
  about: [
    "Writes the anchors of a collection to a new file, in id order: ids, texts, metadata, images and vectors. `anchorage import` stores them in the same way again, here or elsewhere. The collection itself stays as it is.",
    "",
    "An image is the file that the collection keeps: the original, else the thumbnail. Anchors that are written meanwhile may or may not be in the file; `anchorage backup` copies everything at one sequence.",
    "",
    "FILE is called FILE.part until it is complete; Ctrl-C and errors leave nothing, and what a killed command left is written over. With - the export goes to the standard output.",
  ].join("\n"),
  options: {
    format: {
      type: "string",
      value: "FORMAT",
      choices: EXPORT_FORMATS,
      help: `what FILE is: ${EXPORT_FORMATS.join(", ")} [by its extension]`,
    },
    filter: { type: "string", value: "JSON", help: 'which anchors, by metadata, such as {"owner": "ann"}' },
    "no-images": { type: "boolean", help: "leave images out" },
    "no-vectors": { type: "boolean", help: "leave vectors out; an import encodes the anchors anew" },
  },
  examples: [
    "photos photos.parquet",
    "photos photos.tar",
    `photos anns.ndjson --filter '{"owner": "ann"}' --no-vectors`,
    "photos - --format ndjson --url http://127.0.0.1:8080 | gzip > photos.ndjson.gz",
  ],
  schema,
  run,
};
