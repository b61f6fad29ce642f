import { namedTransform } from "../../api/transforms.ts";
import type { z } from "zod";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { CaptionFrom, CaptionKind } from "./index.ts";
import type { CollectionsClient } from "../../client/index.ts";

/** In percent. More missing images than that suggest an unmounted folder rather than deliberate deletions. */
const PRUNE_LIMIT = 5;

const CAPTION_KINDS = [
  "sidecar",
  "table",
  "embedded",
  "folder",
  "name",
] as const satisfies readonly CaptionKind[];
const CAPTION_KINDS_FAULT = `must be auto, or a list of ${CAPTION_KINDS.join(", ")} with commas between`;

/** The short forms of the command line: `auto` in a longer list stands for every kind except names and folders. */
const captionFromOf = (kinds: readonly ("auto" | CaptionKind)[]): CaptionFrom =>
  kinds.length === 1 && kinds[0] === "auto"
    ? "auto"
    : kinds.flatMap((kind) => (kind === "auto" ? (["sidecar", "table", "embedded"] as const) : [kind]));

/** Sources are named by arguments, or by both kinds of vectors. */
const faultOfSources = (given: {
  readonly arguments: readonly string[];
  readonly "image-vectors"?: string | undefined;
  readonly "text-vectors"?: string | undefined;
  readonly ids?: string | undefined;
  readonly captions?: string | undefined;
}): { readonly path: string[]; readonly message: string } | null => {
  const { "image-vectors": image, "text-vectors": text } = given;
  if (image === undefined && text === undefined) {
    for (const name of ["ids", "captions"] as const)
      if (given[name] !== undefined)
        return { path: [name], message: "needs --image-vectors and --text-vectors" };
    return given.arguments.length > 0
      ? null
      : { path: ["arguments"], message: "SOURCE is required: a folder, a table or a .tar shard" };
  }
  if (image === undefined) return { path: ["image-vectors"], message: "is required with --text-vectors" };
  if (text === undefined) return { path: ["text-vectors"], message: "is required with --image-vectors" };
  return given.arguments.length === 0
    ? null
    : { path: ["image-vectors"], message: "stands in the place of SOURCE; import them one after the other" };
};

const schema = ({ z, collectionOption, requiredText, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()),
      "image-vectors": requiredText.optional(),
      "text-vectors": requiredText.optional(),
      ids: requiredText.optional(),
      captions: requiredText.optional(),
      collection: collectionOption,
      "caption-from": z
        .string()
        .transform((list) => list.split(",").map((kind) => kind.trim()))
        .pipe(z.array(z.enum(["auto", ...CAPTION_KINDS], { error: CAPTION_KINDS_FAULT })).min(1))
        .transform(captionFromOf),
      images: requiredText.optional(),
      "path-column": requiredText.optional(),
      "caption-column": requiredText.optional(),
      "id-column": requiredText.optional(),
      delimiter: z
        .string()
        .transform((given) => (given === "tab" || given === "\\t" ? "\t" : given))
        .refine((given) => Array.from(given).length === 1, { error: "must be one character, or tab" })
        .optional(),
      sheet: requiredText.optional(),
      link: z
        .string()
        .regex(/^https?:\/\/.*\{[^{}]+\}/i, {
          error: "must be an address with {id}, {name} or a column in it",
        })
        .optional(),
      without: z.array(z.string()).default([]),
      replace: z.boolean().default(false),
      prefix: z.boolean().default(false),
      prune: z.boolean().default(false),
      "prune-limit": wholeNumber(0, 100).optional(),
      rejects: requiredText.optional(),
      endpoint: z.url({ protocol: /^https?$/, error: "must be an http address" }),
      "dry-run": z.boolean().default(false),
      "no-create": z.boolean().default(false),
      "image-encoder": requiredText.optional(),
      "text-encoder": requiredText.optional(),
      transform: z
        .enum(namedTransform.options, { error: `must be one of ${namedTransform.options.join(", ")}` })
        .optional(),
    })
    .strict()
    .superRefine((given, context) => {
      const fault = faultOfSources(given);
      if (fault !== null) context.addIssue({ code: "custom", ...fault });
    })
    .refine((given) => given.prune || given["prune-limit"] === undefined, {
      path: ["prune-limit"],
      error: "needs --prune",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const { runImport } = await import("./index.ts");
  return runImport(
    {
      patterns: given.arguments,
      source: {
        captionFrom: given["caption-from"],
        table: {
          without: given.without,
          ...(given.images === undefined ? {} : { images: given.images }),
          ...(given["path-column"] === undefined ? {} : { path: given["path-column"] }),
          ...(given["caption-column"] === undefined ? {} : { caption: given["caption-column"] }),
          ...(given["id-column"] === undefined ? {} : { id: given["id-column"] }),
          ...(given.delimiter === undefined ? {} : { delimiter: given.delimiter }),
          ...(given.sheet === undefined ? {} : { sheet: given.sheet }),
        },
        ...(given.link === undefined ? {} : { link: given.link }),
      },
      collection: {
        name: given.collection,
        ...(given["image-encoder"] === undefined ? {} : { imageEncoder: given["image-encoder"] }),
        ...(given["text-encoder"] === undefined ? {} : { textEncoder: given["text-encoder"] }),
        ...(given.transform === undefined ? {} : { transform: given.transform }),
      },
      create: !given["no-create"],
      replace: given.replace,
      prefix: given.prefix,
      pruneLimit: given.prune ? (given["prune-limit"] ?? PRUNE_LIMIT) : null,
      dryRun: given["dry-run"],
      rejects: given.rejects,
      endpoint: given.endpoint,
      vectors:
        given["image-vectors"] === undefined || given["text-vectors"] === undefined
          ? null
          : {
              image: given["image-vectors"],
              text: given["text-vectors"],
              ids: given.ids,
              captions: given.captions,
            },
    },
    context,
  );
};

export const importCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "import",
  on: "anchorage",
  synopsis: "SOURCE... --collection NAME [options]",
  about: [
    "Imports image-text pairs into a collection. A SOURCE is a folder of images, a table (.csv, .tsv, .jsonl, .json, .xlsx, .ods or .parquet) with a path and a caption on each row, or WebDataset shards (.tar, .tar.gz); patterns such as shards/{000..012}.tar or 'data/**/*.parquet' stand for what they match. A data set of the Hugging Face hub is hf://datasets/OWNER/NAME, with @REVISION and a path or pattern of its files after it where not all is meant; its files are downloaded into DATA_DIR.",
    "",
    "First a plan is printed: what was found, where its captions come from, and what is not used. If some captions would not be used, or file names would be captions, the import stops until --caption-from says which captions are meant.",
    "",
    "An id is the path from the folder, or from the table's row, without the extension; in a shard it is the shard's name, a slash and the sample's key. Several captions of one image add a hash of their text. Pairs that are stored already with the same content are skipped, so that the same command continues after Ctrl-C or a crash; pairs that have changed are rejected unless --replace is given.",
    "",
    "A collection that does not exist is created with the first pair.",
    "",
    "What `anchorage export` wrote is stored as it was: with its ids and vectors, and the encoders of the exported collection. Vectors from elsewhere make a collection of external encoders: a .parquet, .npz or .safetensors file with image and text vectors, or --image-vectors and --text-vectors.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to import into" },
    "caption-from": {
      type: "string",
      value: "WHAT",
      default: "auto",
      choices: ["auto", ...CAPTION_KINDS],
      help: "where captions of a folder's images come from, the first that exists in a list with commas: sidecar (a file beside the image), table (a row that names it), embedded (in the image file), folder (the folder's name), name (the file's name without numbers at the end); auto: sidecar, table, embedded",
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
      help: "column, or key of a shard's .json, that holds the id [id, if it exists]",
    },
    without: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: "column to leave out of the metadata, which takes all others; may be repeated",
    },
    delimiter: {
      type: "string",
      value: "CHAR",
      help: "the separator of a .csv or .tsv: one character, or tab [what fits its header]",
    },
    sheet: { type: "string", value: "NAME", help: "sheet of a .xlsx or .ods [the first one]" },
    link: {
      type: "string",
      value: "URL",
      help: "address of each original, kept as metadata: https://example.org/{id}, with {id}, {name} or {COLUMN}",
    },
    images: {
      type: "string",
      value: "DIR",
      help: "the folder that a table's paths are relative to; no file outside it is read [the table's own]",
    },
    replace: { type: "boolean", help: "write pairs that are stored already again, with what has changed" },
    prefix: { type: "boolean", help: "put the source's name before each id, as in 2024/IMG_0001" },
    prune: { type: "boolean", help: "delete anchors that are no longer in their source" },
    "prune-limit": {
      type: "string",
      value: "PERCENT",
      help: "the most that --prune may delete of the anchors from these sources [5]",
    },
    rejects: {
      type: "string",
      value: "FILE",
      help: "write what is rejected here, one JSON object per line: source, id, reason",
    },
    "image-vectors": {
      type: "string",
      value: "FILE",
      help: "vectors of images from elsewhere, a row an anchor, in the place of a SOURCE: a .npy file, or FILE#NAME for an array of a .npz or .safetensors file",
    },
    "text-vectors": {
      type: "string",
      value: "FILE",
      help: "vectors of texts, row by row of the same anchors",
    },
    ids: {
      type: "string",
      value: "FILE",
      help: "their ids: a .txt file with a line for each, or an array as above [numbers of rows]",
    },
    captions: { type: "string", value: "FILE", help: "their captions, in the same ways" },
    endpoint: {
      type: "string",
      value: "URL",
      help: "another hub of data sets",
      default: "https://huggingface.co",
    },
    "dry-run": {
      type: "boolean",
      help: "read and decode everything, store nothing, show what would be imported",
    },
    "no-create": { type: "boolean", help: "fail if the collection does not exist" },
    "image-encoder": {
      type: "string",
      value: "ID",
      help: "image encoder of a new collection [the default one]",
    },
    "text-encoder": {
      type: "string",
      value: "ID",
      help: "text encoder of a new collection [the default one]",
    },
    transform: {
      type: "string",
      value: "KIND",
      choices: namedTransform.options,
      help: "transform of a new collection: none, center, whiten or auto",
    },
  },
  exits: {
    done: "everything is stored",
    partly: "some pairs were rejected; the rest is stored",
    interrupted: "stopped by Ctrl-C; batches that were on their way are stored",
  },
  examples: [
    "photos --collection holidays",
    "birds --collection birds --caption-from folder",
    "captions.csv --collection birds --images /data/birds --caption-column title",
    "'shards/{000..012}.tar' --collection web --rejects rejected.jsonl",
    "--image-vectors img_emb.npy --text-vectors text_emb.npy --ids keys.txt --collection laion",
    "'hf://datasets/nlphuji/flickr30k/data/test-*' --collection flickr",
  ],
  schema,
  run,
};
