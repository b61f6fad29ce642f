import type { z } from "zod";
import type { CollectionBody, CollectionsClient } from "../../client/index.ts";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";

type Context = CommandContext<CollectionsClient>;

const listSchema = ({ z, noArguments }: OptionSchemas) => z.object({ arguments: noArguments }).strict();

/** `anchorage collections list`. */
export const listCollectionsCommand: Command<z.output<ReturnType<typeof listSchema>>, Context> = {
  name: "collections list",
  on: "anchorage",
  synopsis: "[options]",
  about: "Lists the collections with their number of anchors and their encoders.",
  options: {},
  examples: ["", "--url http://127.0.0.1:8080 --json"],
  schema: listSchema,
  run: async (_, { connect, show, note }) => {
    const client = await connect();
    try {
      const collections = await client.listCollections();
      show(collections, () =>
        collections.length === 0
          ? []
          : columns([["name", "anchors", "image encoder", "text encoder"], ...collections.map(cellsOf)]),
      );
      if (collections.length === 0) note("there are no collections");
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

const cellsOf = ({ name, anchorCount, imageEncoder, textEncoder }: CollectionBody): string[] => [
  name,
  String(anchorCount),
  encoderText(imageEncoder),
  encoderText(textEncoder),
];

const encoderText = (choice: CollectionBody["imageEncoder"]): string =>
  typeof choice === "string"
    ? choice
    : `${choice.external.name ?? "external"}, ${choice.external.dimension} dimensions`;

const nameSchema = ({ z, collectionOption }: OptionSchemas) =>
  z.object({ arguments: z.tuple([collectionOption], "NAME is required: one collection") }).strict();

/** `anchorage collections show`. */
export const showCollectionCommand: Command<z.output<ReturnType<typeof nameSchema>>, Context> = {
  name: "collections show",
  on: "anchorage",
  synopsis: "NAME [options]",
  about:
    "Shows a collection: its anchors, encoders, settings and indexes. With --json everything that the API answers.",
  options: {},
  examples: ["emoji", "emoji --json"],
  schema: nameSchema,
  run: async ({ arguments: [name] }, { connect, show }) => {
    const client = await connect();
    try {
      const found = await client.collection(name).get();
      show(found, () => columns(factsOf(found)));
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

const factsOf = (found: CollectionBody): string[][] => [
  ["name", found.name],
  ["anchors", String(found.anchorCount)],
  ["sequence", String(found.sequence)],
  ["created", found.createdAt],
  ["image encoder", encoderText(found.imageEncoder)],
  ["text encoder", encoderText(found.textEncoder)],
  ["method", found.method],
  ["k, p", `${found.asif.k}, ${found.asif.p}${found.auto === undefined ? "" : ` (${found.auto.rule})`}`],
  ["transform", typeof found.transform === "string" ? found.transform : JSON.stringify(found.transform)],
  ["images", `${found.images.keep}, longest side ${found.images.longestSide} pixels`],
  ["image index", found.indexes.image.graph?.state ?? "exact"],
  ["text index", found.indexes.text.graph?.state ?? "exact"],
];

const createSchema = ({ z, collectionOption, requiredText, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z.tuple([collectionOption], "NAME is required: one collection"),
      "image-encoder": requiredText.optional(),
      "text-encoder": requiredText.optional(),
      "image-dimension": wholeNumber(1, 8_192).optional(),
      "text-dimension": wholeNumber(1, 8_192).optional(),
      transform: z
        .enum(["none", "center", "whiten", "auto"], "must be none, center, whiten or auto")
        .optional(),
      images: z.enum(["original", "thumbnail", "none"], "must be original, thumbnail or none").optional(),
    })
    .strict()
    .superRefine((given, context) => {
      for (const modality of ["image", "text"] as const)
        if (given[`${modality}-encoder`] !== undefined && given[`${modality}-dimension`] !== undefined)
          context.addIssue({
            code: "custom",
            path: [`${modality}-dimension`],
            message: `goes without --${modality}-encoder`,
          });
    });

/** `anchorage collections create`. */
export const createCollectionCommand: Command<z.output<ReturnType<typeof createSchema>>, Context> = {
  name: "collections create",
  on: "anchorage",
  synopsis: "NAME [options]",
  about:
    "Creates an empty collection. With --image-dimension or --text-dimension it takes vectors of that modality that are made elsewhere, instead of encoding images or texts itself.",
  options: {
    "image-encoder": { type: "string", value: "ID", help: "the image encoder [the default one]" },
    "text-encoder": { type: "string", value: "ID", help: "the text encoder [the default one]" },
    "image-dimension": { type: "string", value: "N", help: "the dimension of external image vectors" },
    "text-dimension": { type: "string", value: "N", help: "the dimension of external text vectors" },
    transform: {
      type: "string",
      value: "KIND",
      choices: ["none", "center", "whiten", "auto"],
      help: "what is done to vectors before comparing: none, center, whiten or auto [auto; none if external]",
    },
    images: {
      type: "string",
      value: "WHAT",
      choices: ["original", "thumbnail", "none"],
      help: "what to keep of images: original, thumbnail or none [original]",
    },
  },
  examples: ["birds", "vectors --image-dimension 512 --text-dimension 512"],
  schema: createSchema,
  run: async ({ arguments: [name], ...given }, { connect, show }) => {
    const client = await connect({ create: true });
    try {
      const image = choiceOf(given["image-encoder"], given["image-dimension"]);
      const text = choiceOf(given["text-encoder"], given["text-dimension"]);
      const created = await client.createCollection({
        name,
        ...(image === undefined ? {} : { imageEncoder: image }),
        ...(text === undefined ? {} : { textEncoder: text }),
        ...(given.transform === undefined ? {} : { transform: given.transform }),
        ...(given.images === undefined ? {} : { images: given.images }),
      });
      show(created, () => [`created ${created.name}`]);
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

const choiceOf = (id: string | undefined, dimension: number | undefined) =>
  dimension === undefined ? id : { external: { dimension } };

const deleteSchema = (schemas: OptionSchemas) =>
  nameSchema(schemas).extend({ yes: schemas.z.boolean().default(false) });

/** `anchorage collections delete`. */
export const deleteCollectionCommand: Command<z.output<ReturnType<typeof deleteSchema>>, Context> = {
  name: "collections delete",
  on: "anchorage",
  synopsis: "NAME --yes [options]",
  about:
    "Deletes a collection with all its anchors. Without --yes it prints how many there are and deletes nothing.",
  options: { yes: { type: "boolean", help: "really delete; this cannot be undone" } },
  examples: ["birds --yes"],
  exits: { misused: "wrong use, or --yes is missing" },
  schema: deleteSchema,
  run: async ({ arguments: [name], yes }, { connect, show, note }) => {
    const client = await connect();
    try {
      const collection = client.collection(name);
      const { anchorCount } = await collection.get();
      if (!yes) {
        note(`${name} and its ${anchorCount} anchors would be deleted; add --yes to do it`);
        return EXIT.misused;
      }
      await collection.delete();
      show({ deleted: name, anchors: anchorCount }, () => [`deleted ${name} with ${anchorCount} anchors`]);
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};
