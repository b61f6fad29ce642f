import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas, type Terminal } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import { imagesIn, readImageFile, readTextFile, type Reject } from "../files/index.ts";
import type { CollectionsClient } from "../../client/index.ts";

const MAX_TOP = 10_000;
const MAX_EXPLANATIONS = 1_000;

const schema = ({ z, collectionOption, requiredText, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()).min(1, "IMAGE is required: a file, a pattern or a folder"),
      collection: collectionOption,
      classes: requiredText.optional(),
      "classes-file": requiredText.optional(),
      template: z.array(z.string().regex(/^(?!.*\{\}.*\{\}).*\{\}/s, "must hold {} once")).optional(),
      top: wholeNumber(1, MAX_TOP),
      explain: wholeNumber(0, MAX_EXPLANATIONS),
    })
    .strict()
    .refine((given) => (given.classes === undefined) !== (given["classes-file"] === undefined), {
      path: ["classes"],
      message: "or --classes-file is required, one of the two",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const classes = await classesOf(given);
  const client = await context.connect();
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
      `collection "${given.collection}" has no anchors to classify by; add some with anchorage import`,
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
    const { file, result } = classified;
    terminal.show({ file, ...result }, () => {
      const [title = "", ...rows] = classificationTable(file, result);
      return [terminal.style("bold", title), ...rows];
    });
  }
  if (terminal.signal.aborted) return EXIT.interrupted;
  if (unfit + classifiedCount === 0) terminal.note("no images were found");
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
  on: "anchorage",
  synopsis: "IMAGE... (--classes LIST | --classes-file FILE) [options]",
  about:
    "Says which of the given classes each image shows, by the anchors of a collection and without training. An IMAGE is a file, a pattern such as 'photos/**/*.jpg', or a folder, which stands for all images below it. With --json each image is one line.",
  options: {
    collection: {
      type: "string",
      value: "NAME",
      default: "emoji",
      help: "the collection whose anchors decide",
    },
    classes: { type: "string", value: "LIST", help: "the class names, separated by commas" },
    "classes-file": { type: "string", value: "FILE", help: "a file with one class name per line" },
    template: {
      type: "string",
      multiple: true,
      value: "TEXT",
      help: "a prompt with {} in place of the class name; may be repeated, then the best prompt counts [{}]",
    },
    top: { type: "string", value: "N", default: "5", help: "how many classes to show for each image" },
    explain: {
      type: "string",
      value: "N",
      default: "0",
      help: "how many anchors to show that contribute most to the first class",
    },
  },
  exits: { partly: "some files are not readable images; the others are classified" },
  examples: [
    'cat.jpg --classes "a cat,a dog" --explain 3',
    "photos --collection birds --classes-file species.txt --template 'a photo of {}' --json",
  ],
  schema,
  run,
};
