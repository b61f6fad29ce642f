import type { z } from "zod";
import type { AnchorBody, CollectionsClient } from "../../client/index.ts";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";

const schema = ({ z, collectionOption, jsonObject, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string().min(1)),
      collection: collectionOption,
      image: requiredText.optional(),
      text: requiredText.optional(),
      id: requiredText.optional(),
      metadata: jsonObject.optional(),
    })
    .strict()
    .superRefine((given, context) => {
      const fault = (path: string, message: string): void => {
        context.addIssue({ code: "custom", path: [path], message });
      };
      const isPair = given.image !== undefined || given.text !== undefined;
      if (isPair && given.arguments.length > 0) fault("arguments", "FILE goes without --image and --text");
      if (!isPair)
        for (const option of ["id", "metadata"] as const)
          if (given[option] !== undefined) fault(option, "is for --image and --text");
      if (given.image !== undefined && given.text === undefined) fault("text", "is required with --image");
      if (given.text !== undefined && given.image === undefined) fault("image", "is required with --text");
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<CollectionsClient>): Promise<number> => {
  const { anchorsIn, pairOf, noAnchors } = await import("./anchors-in.ts");
  const { connect, note, show, signal } = context;
  const { collection: name, image, text, id, metadata } = given;
  if (image === undefined && given.arguments.length === 0 && process.stdin.isTTY) {
    note("add: FILE, --image with --text, or anchors on standard input are required (anchorage add --help)");
    return EXIT.misused;
  }
  const anchors: AsyncIterable<AnchorBody> | Iterable<AnchorBody> =
    image === undefined || text === undefined
      ? anchorsIn(given.arguments.length === 0 ? ["-"] : given.arguments, signal)
      : [await pairOf({ image, text, id, metadata })];
  const client = await connect({ create: true });
  const { createProgress } = await import("../../progress.ts");
  const progress = createProgress(`adding to ${name}`, "anchors");
  let [read, stored] = [0, 0];
  let fault: Error | undefined;
  /** Ends the stream before what cannot be read, so that the anchors before it are stored. */
  const readable = async function* (): AsyncGenerator<AnchorBody, void> {
    try {
      for await (const anchor of anchors) {
        read++;
        yield anchor;
      }
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
    }
  };
  let sequence = 0;
  let unknownCaptions = 0;
  try {
    await client.collection(name).get();
    for await (const batch of client.collection(name).putAnchorStream(readable())) {
      stored += batch.upserted;
      sequence = batch.sequence;
      unknownCaptions += batch.unknownCaptions ?? 0;
      progress.update(stored, read);
    }
    if (fault !== undefined) throw fault;
  } catch (error) {
    progress.stop();
    if (stored > 0) note(`${stored} ${stored === 1 ? "anchor" : "anchors"} before it stored`);
    throw fault ?? error;
  } finally {
    progress.stop();
    await client.close();
  }
  if (stored === 0 && !signal.aborted) throw noAnchors();
  show({ collection: name, stored, sequence, unknownCaptions }, () => [
    `${stored} ${stored === 1 ? "anchor" : "anchors"} stored in ${name} at sequence ${sequence}`,
  ]);
  if (unknownCaptions > 0) note(`warning: the text encoder knows no word of ${unknownCaptions} captions`);
  return signal.aborted ? EXIT.interrupted : EXIT.done;
};

/** `anchorage add`. */
export const addCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "add",
  on: "anchorage",
  synopsis: "([FILE ...] | --image FILE --text TEXT) --collection NAME [options]",
  about: [
    'Stores anchors: one pair of image and caption, or any number from files or standard input, one JSON object per line as PUT /anchors takes them: {"id", "text", "image": {"base64"}, "imageVector", "textVector", "metadata"}. A FILE of - stands for standard input.',
    "",
    "An anchor replaces the stored one with the same id. Batches are stored one after another; after an invalid line, those before it stay stored. `anchorage import` reads folders and tables, and skips what is stored already.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to add to" },
    image: { type: "string", value: "FILE", help: "the image of one pair" },
    text: { type: "string", value: "TEXT", help: "its caption" },
    id: { type: "string", value: "ID", help: "its id [the file's name without extension]" },
    metadata: { type: "string", value: "JSON", help: 'its metadata, such as {"owner": "ann"}' },
  },
  examples: [
    '--collection pets --image rex.jpg --text "a dog on a beach"',
    "anchors.ndjson --collection pets",
    "--collection vectors < anchors.ndjson",
  ],
  exits: { failed: "an anchor was refused; stderr says which line, and how many before it are stored" },
  schema,
  run,
};
