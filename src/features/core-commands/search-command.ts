import type { z } from "zod";
import { imageOf, type CollectionsClient, type FilterBody } from "../../client/index.ts";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import type { SearchAnswerBody } from "../../client/index.ts";

const QUERIES = ["image", "id", "keywords"] as const;
const CAPTION = 70;

const schema = ({ z, collectionOption, jsonObject, requiredText, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z
        .array(z.string().min(1, "TEXT must not be empty"))
        .max(1, "TEXT is one argument; put it in quotes"),
      collection: collectionOption,
      image: requiredText.optional(),
      id: requiredText.optional(),
      keywords: requiredText.optional(),
      target: z.enum(["image", "text"], "must be image or text"),
      limit: wholeNumber(1, 1_000),
      filter: jsonObject.optional(),
    })
    .strict()
    .refine(
      (given) => given.arguments.length + QUERIES.filter((name) => given[name] !== undefined).length === 1,
      { path: ["arguments"], error: "one of TEXT, --image, --id and --keywords is required" },
    );

type Given = z.output<ReturnType<typeof schema>>;

/** The query and, for one that does not say, its modality. */
const queryOf = async ({ arguments: [text], image, id, keywords }: Given) => {
  if (text !== undefined) return { query: { text } };
  if (keywords !== undefined) return { query: { keywords } };
  if (id !== undefined) return { query: { anchor: id }, modality: "image" as const };
  const { readImageFile } = await import("../files/index.ts");
  return { query: { image: imageOf(await readImageFile(image ?? "")) } };
};

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const query = await queryOf(given);
  const client = await context.connect();
  try {
    const { target, limit, filter } = given;
    const answer = await client.collection(given.collection).search({
      ...query,
      target,
      limit,
      ...(filter === undefined ? {} : { filter: filter as FilterBody }),
    });
    context.show(answer, () => linesOf(answer));
    for (const warning of answer.warnings ?? []) context.note(`warning: ${warning}`);
    if (answer.hits.length === 0) context.note("nothing was found");
    return EXIT.done;
  } finally {
    await client.close();
  }
};

const linesOf = ({ hits }: SearchAnswerBody): string[] =>
  columns(hits.map(({ id, score, text }) => [score.toFixed(4), id, shortened(text ?? "")]));

const shortened = (text: string): string => {
  const characters = Array.from(text.replaceAll(/\s+/g, " "));
  return characters.length <= CAPTION ? characters.join("") : `${characters.slice(0, CAPTION - 1).join("")}…`;
};

/** `anchorage search`. */
export const searchCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "search",
  on: "anchorage",
  synopsis: "(TEXT | --image FILE | --id ID | --keywords WORDS) [options]",
  about:
    "Finds the anchors nearest to a text, an image or another anchor, or those whose caption has certain words. Prints score, id and caption, the nearest first.",
  options: {
    collection: { type: "string", value: "NAME", default: "emoji", help: "the collection to search" },
    image: { type: "string", value: "FILE", help: "search by this image" },
    id: { type: "string", value: "ID", help: "search by the image of this anchor" },
    keywords: { type: "string", value: "WORDS", help: "search for words in captions, without vectors" },
    target: {
      type: "string",
      value: "MODALITY",
      default: "image",
      choices: ["image", "text"],
      help: "compare with the anchors' images or captions: image or text",
    },
    limit: { type: "string", value: "N", default: "10", help: "how many anchors to return" },
    filter: {
      type: "string",
      value: "JSON",
      help: 'only anchors with this metadata, such as {"owner": "ann"}',
    },
  },
  examples: ['"something to drink in the morning"', "--image cat.jpg --collection pets --limit 3 --json"],
  schema,
  run,
};
