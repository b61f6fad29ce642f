import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import type { KeysClient } from "./client.ts";

const DAY_MS = 86_400_000;

const schema = ({ z, collectionOption, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z.tuple([z.string().min(1)], "NAME is required: whose key it is"),
      scope: z.enum(["read", "write", "admin"], { error: "is required: read, write or admin" }),
      collection: z.array(collectionOption).optional(),
      "per-minute": wholeNumber(1, 1_000_000).optional(),
      days: wholeNumber(1, 36_500).optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { connect, show, note }: CommandContext<KeysClient>): Promise<number> => {
  const {
    collection,
    scope,
    days,
    arguments: [name],
  } = given;
  const client = await connect({ create: true });
  try {
    const created = await client.createKey({
      name,
      scope,
      ...(collection === undefined ? {} : { collections: [...new Set(collection)] }),
      ...(given["per-minute"] === undefined ? {} : { perMinute: given["per-minute"] }),
      ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * DAY_MS).toISOString() }),
    });
    show(created, () => [created.key]);
    note("this key is shown once; keep it, and send it as `Authorization: Bearer <key>`");
    return EXIT.done;
  } finally {
    await client.close();
  }
};

/** `anchorage keys add`. */
export const addKeyCommand: Command<Given, CommandContext<KeysClient>> = {
  name: "keys add",
  on: "anchorage",
  synopsis: "NAME --scope read|write|admin [options]",
  about: [
    "Creates an API key and prints it once. A key allows `read` (GET and queries), `write` (also anchors and jobs on them) or `admin` (also collections, compaction, encoders and keys), on all collections or on those named.",
    "",
    "Once a service has keys, every request needs one, even if API_KEY is not set: create an admin key first.",
  ].join("\n"),
  options: {
    scope: {
      type: "string",
      value: "SCOPE",
      choices: ["read", "write", "admin"],
      help: "what the key allows: read, write or admin",
    },
    collection: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: "a collection that it may use; may be repeated [all]",
    },
    "per-minute": { type: "string", value: "N", help: "requests per minute that are answered [no limit]" },
    days: { type: "string", value: "N", help: "days until it expires [never]" },
  },
  examples: ["'the camera app' --scope write --collection photos --per-minute 600"],
  schema,
  run,
};
