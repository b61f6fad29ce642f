import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas, type Terminal } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import { imagesIn, readImageFile, readTextFile, type Reject } from "../files/index.ts";
import type { CollectionsClient } from "../../client/index.ts";

const MAX_TOP = 10_000;
const MAX_EXPLANATIONS = 1_000;

const schema = ({ z, collectionOption, requiredText, urlOption, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()).min(1, "IMAGE is required: a file, a pattern or a folder"),
      collection: collectionOption,
      classes: requiredText.optional(),
      "classes-file": requiredText.optional(),
      template: z.array(z.string().regex(/^(?!.*\{\}.*\{\}).*\{\}/s, "must hold {} once")).optional(),
      top: wholeNumber(1, MAX_TOP),
      explain: wholeNumber(0, MAX_EXPLANATIONS),
      json: z.boolean().default(false),
      url: urlOption.optional(),
    })
    .strict()
    .refine((given) => (given.classes === undefined) !== (given["classes-file"] === undefined), {
      path: ["classes"],
      message: "or --classes-file is required, one of the two",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const classes = await classesOf(given);
  const client = await context.connect(given.url);
  try {
    return await classify(given, classes, client, context);
  } finally {
    await client.close();
  }
};

const classesOf = async ({ classes, "classes-file": file }: Given): Promise<string[]> => {
  const { parseClassList } = await import("./index.ts");
  return file === undefined
    ? parseClassList(classes ?? "", ",", "--classes")
    : parseClassList(await readTextFile(file), "\n", file);
};

const classify = async (
  given: Given,
  classes: readonly string[],
  client: CollectionsClient,
  terminal: Terminal,
): Promise<number> => {
  const { classificationTable, classifyFiles } = await import("./index.ts");
  const collection = client.collection(given.collection);
  const { anchorCount } = await collection.get();
  if (anchorCount === 0) {
    throw new AnchorageError(
      "unprocessable",
      `collection "${given.collection}" has no anchors, by which images could be classified`,
    );
  }
  let unfit = 0;
  let classifiedCount = 0;
  const tell = ({ file, reason }: { readonly file: string; readonly reason: string }): void => {
    unfit++;
    terminal.note(`${file}: ${reason}`);
  };
  const files = filesOf(given.arguments, ({ source, reason }) => tell({ file: source, reason }));
  const warned = new Set<string>();
  const results = classifyFiles(collection, files, {
    request: {
      classes: classes.map((name) => ({ name })),
      top: given.top,
      explain: given.explain,
      ...(given.template === undefined ? {} : { templates: given.template }),
    },
    read: readImageFile,
    signal: terminal.signal,
    onWarning: (warning) => {
      if (!warned.has(warning)) terminal.note(`warning: ${warning}`);
      warned.add(warning);
    },
  });
  for await (const classified of results) {
    if ("reason" in classified) {
      tell(classified);
      continue;
    }
    classifiedCount++;
    if (given.json) terminal.print(JSON.stringify({ file: classified.file, ...classified.result }));
    else for (const line of classificationTable(classified.file, classified.result)) terminal.print(line);
  }
  if (terminal.signal.aborted) return EXIT.interrupted;
  if (unfit + classifiedCount === 0) terminal.note("there are no images in what was given");
  return unfit > 0 ? EXIT.partly : EXIT.done;
};

async function* filesOf(
  patterns: readonly string[],
  onReject: (reject: Reject) => void,
): AsyncGenerator<string, void> {
  for await (const found of imagesIn(patterns)) {
    if (typeof found === "string") yield found;
    else onReject(found);
  }
}

export const classifyCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "classify",
  synopsis: "IMAGE... (--classes LIST | --classes-file FILE) [options]",
  about: [
    "Classifies images by the anchors of a collection, without training. An IMAGE is a file, a pattern such as 'photos/**/*.jpg', or a folder, which stands for the images in it and below.",
    "",
    "Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked. The sample collection, emoji, grows when the service is first started by npm start.",
    "",
    "Exit status: 0 every image is classified, 3 some file was no image that can be read and the others are classified, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: {
      type: "string",
      value: "NAME",
      default: "emoji",
      help: "whose anchors serve as memory",
    },
    classes: { type: "string", value: "LIST", help: "the classes' names, between commas" },
    "classes-file": { type: "string", value: "FILE", help: "the classes' names, one a line" },
    template: {
      type: "string",
      multiple: true,
      value: "TEXT",
      help: "prompt with {} in place of a class's name; may be repeated, and the best prompt counts [{}]",
    },
    top: { type: "string", value: "N", default: "5", help: "classes shown for each image" },
    explain: {
      type: "string",
      value: "N",
      default: "0",
      help: "anchors shown that the first class owes most of its score to",
    },
    json: { type: "boolean", help: "print one JSON object a line for each image" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: [
    'cat.jpg --classes "a cat,a dog" --explain 3',
    "photos --collection birds --classes-file species.txt --template 'a photo of {}' --json",
  ],
  schema,
  run,
};
