import { namedTransform } from "../../api/transforms.ts";
import type { z } from "zod";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { AnchorageClient } from "../../features/client.ts";

const schema = ({ z, collectionOption, requiredText, urlOption }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()).min(1, "SOURCE is required: a folder, a table or a .tar shard"),
      collection: collectionOption,
      "caption-from": z.enum(["auto", "name", "folder"], { error: "must be auto, name or folder" }),
      images: requiredText.optional(),
      "path-column": requiredText.optional(),
      "caption-column": requiredText.optional(),
      "id-column": requiredText.optional(),
      without: z.array(z.string()).default([]),
      replace: z.boolean().default(false),
      rejects: requiredText.optional(),
      "dry-run": z.boolean().default(false),
      "no-create": z.boolean().default(false),
      "image-encoder": requiredText.optional(),
      "text-encoder": requiredText.optional(),
      transform: z
        .enum(namedTransform.options, { error: `must be one of ${namedTransform.options.join(", ")}` })
        .optional(),
      url: urlOption.optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<AnchorageClient>): Promise<number> => {
  const { runImport } = await import("../import/index.ts");
  return runImport(
    {
      patterns: given.arguments,
      source: {
        captionFrom: given["caption-from"] === "auto" ? "auto" : [given["caption-from"]],
        table: {
          without: given.without,
          ...(given.images === undefined ? {} : { images: given.images }),
          ...(given["path-column"] === undefined ? {} : { path: given["path-column"] }),
          ...(given["caption-column"] === undefined ? {} : { caption: given["caption-column"] }),
          ...(given["id-column"] === undefined ? {} : { id: given["id-column"] }),
        },
      },
      collection: {
        name: given.collection,
        ...(given["image-encoder"] === undefined ? {} : { imageEncoder: given["image-encoder"] }),
        ...(given["text-encoder"] === undefined ? {} : { textEncoder: given["text-encoder"] }),
        ...(given.transform === undefined ? {} : { transform: given.transform }),
      },
      create: !given["no-create"],
      replace: given.replace,
      dryRun: given["dry-run"],
      rejects: given.rejects,
      url: given.url,
    },
    context,
  );
};

export const importCommand: Command<Given, CommandContext<AnchorageClient>> = {
  name: "import",
  synopsis: "SOURCE... --collection NAME [options]",
  about: [
    "Imports image-text pairs into a collection. A SOURCE is a folder of images, a table (.csv, .tsv, .jsonl, .ndjson or .parquet) with a path and a caption on each row, or WebDataset shards (.tar, .tar.gz); patterns such as shards/{000..012}.tar or 'data/**/*.parquet' stand for what they match.",
    "",
    "An id is the path from the folder, or of the table's row, without the extension; in a shard it is the shard's name, a slash and the sample's key. What the collection has already by that id is passed over, so that the same command goes on after Ctrl-C or a crash.",
    "",
    "The collection is made, where it is not there, when the first pair is stored. Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked.",
    "",
    "Exit status: 0 everything is stored, 3 something was rejected and the rest is stored, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C when the batches under way were stored.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "where the pairs go" },
    "caption-from": {
      type: "string",
      value: "WHAT",
      default: "auto",
      help: "captions of a folder's images: name (of the file), folder (the one it lies in), or auto: the .txt beside it, else the file's name; numbers at a name's end are dropped, and a camera's name such as IMG_2041 is none",
    },
    "path-column": {
      type: "string",
      value: "NAME",
      help: "column of a table that names the image, or holds its bytes [path, file_name, image or file]",
    },
    "caption-column": {
      type: "string",
      value: "NAME",
      help: "column, or key of a shard's .json, that holds the caption [caption or text]",
    },
    "id-column": {
      type: "string",
      value: "NAME",
      help: "column, or key of a shard's .json, that holds the id [id where there is one]",
    },
    without: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: "column to leave out of the metadata, which every other one becomes; may be repeated",
    },
    images: {
      type: "string",
      value: "DIR",
      help: "folder that a table's paths start from; no file outside of it is read [the table's own]",
    },
    replace: { type: "boolean", help: "write what is there already once more" },
    rejects: {
      type: "string",
      value: "FILE",
      help: "write what is rejected here, one JSON object a line: source, id, reason",
    },
    "dry-run": { type: "boolean", help: "read everything, store nothing, show what would be imported" },
    "no-create": { type: "boolean", help: "fail where the collection is not there" },
    "image-encoder": { type: "string", value: "ID", help: "of a collection that is made [the default one]" },
    "text-encoder": { type: "string", value: "ID", help: "of a collection that is made [the default one]" },
    transform: {
      type: "string",
      value: "KIND",
      help: "of a collection that is made: none, center, whiten or auto",
    },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: [
    "photos --collection holidays",
    "birds --collection birds --caption-from folder",
    "captions.csv --collection birds --images /data/birds --caption-column title",
    "'shards/{000..012}.tar' --collection web --rejects rejected.jsonl",
  ],
  schema,
  run,
};
