import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { AnchorageError } from "../../errors.ts";
import { imagesIn, readImageFile } from "../files/index.ts";
import type { AdaptationBody, AdaptationsClient } from "./client.ts";

/** The part of Anchorage that adapts to images. */
interface Adapter {
  collection(name: string): AdaptationsClient;
  close(): Promise<void>;
}

/** In one request. */
const MOST_IMAGES = 1_000;

const schema = ({ z, collectionOption, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()),
      collection: collectionOption,
      id: requiredText,
      from: requiredText.optional(),
    })
    .strict()
    .refine((given) => (given.arguments.length === 0) !== (given.from === undefined), {
      path: ["arguments"],
      message: "or --from is required, and not both: images, or a collection that holds them",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { connect, show, note }: CommandContext<Adapter>): Promise<number> => {
  const { id, from, collection: name } = given;
  const images = from === undefined ? await readImages(given.arguments, note) : undefined;
  const client = await connect();
  try {
    const made = await client.collection(name).createAdaptation({
      id,
      ...(images === undefined ? {} : { images }),
      ...(from === undefined ? {} : { from: { collection: from } }),
    });
    show(made, () => linesOf(made));
    note(`queries may name it now: "adaptation": "${id}" in POST /classify, /search and /similarity`);
    return EXIT.done;
  } finally {
    await client.close();
  }
};

const readImages = async (patterns: readonly string[], note: (line: string) => void) => {
  const images: { image: { base64: string } }[] = [];
  for await (const found of imagesIn(patterns)) {
    if (typeof found !== "string") {
      note(`${found.source}: ${found.reason}`);
      continue;
    }
    if (images.length === MOST_IMAGES)
      throw new AnchorageError(
        "unprocessable",
        `there are more than ${MOST_IMAGES} images; import them into a collection and name it by --from`,
      );
    images.push({ image: { base64: Buffer.from(await readImageFile(found)).toString("base64") } });
  }
  return images;
};

const linesOf = ({
  images,
  anchors,
  covariance,
  shrinkage,
  shift,
  usual,
  notes,
}: AdaptationBody): string[] => [
  `${images} images aligned with ${anchors} anchors by ${covariance ? `mean and covariance (shrinkage ${shrinkage.toFixed(3)})` : "their mean"}`,
  `shift ${shift.toFixed(3)}; of as many random anchors usually ${usual.median.toFixed(3)}, at most ${usual.largest.toFixed(3)}`,
  ...notes,
];

/** `anchorage adapt`. */
export const adaptCommand: Command<Given, CommandContext<Adapter>> = {
  name: "adapt",
  on: "anchorage",
  synopsis: "(IMAGE... | --from COLLECTION) --id ID --collection NAME",
  about:
    "Aligns images in another style (another camera, illustrator or scanner) with the anchors of a collection, from 20 unlabelled images on. An IMAGE is a file, a pattern, or a folder. Queries that name the adaptation are answered better for such images; the anchors stay as they are.",
  options: {
    collection: { type: "string", value: "NAME", help: "the collection whose anchors answer" },
    id: { type: "string", value: "ID", help: "what queries call the adaptation" },
    from: { type: "string", value: "COLLECTION", help: "a collection that holds the images" },
  },
  examples: [
    "new-images --id new-style --collection birds",
    "--from inbox --id new-style --collection birds",
  ],
  schema,
  run,
};
