import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import type { ApiKeyBody, KeysClient } from "./client.ts";

const DAY_MS = 86_400_000;
const USE = "must be add NAME, list, or revoke ID";

const schema = ({ z, collectionOption, urlOption, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: z.union(
        [z.tuple([z.literal("list")]), z.tuple([z.enum(["add", "revoke"]), z.string().min(1)])],
        USE,
      ),
      scope: z.enum(["read", "write", "admin"], { error: "must be read, write or admin" }).optional(),
      collection: z.array(collectionOption).optional(),
      "per-minute": wholeNumber(1, 1_000_000).optional(),
      days: wholeNumber(1, 36_500).optional(),
      json: z.boolean().default(false),
      url: urlOption.optional(),
    })
    .strict()
    .superRefine((given, context) => {
      const [action] = given.arguments;
      if (action === "add" && given.scope === undefined)
        context.addIssue({ code: "custom", path: ["scope"], message: "is required: read, write or admin" });
      for (const option of ["scope", "collection", "per-minute", "days"] as const)
        if (action !== "add" && given[option] !== undefined)
          context.addIssue({ code: "custom", path: [option], message: "is for keys add" });
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { connect, print, note }: CommandContext<KeysClient>): Promise<number> => {
  const client = await connect(given.url);
  const show = (keys: readonly ApiKeyBody[]): void => {
    if (given.json) for (const key of keys) print(JSON.stringify(key));
    else for (const line of tableOf(keys)) print(line);
  };
  try {
    const [action, subject = ""] = given.arguments;
    switch (action) {
      case "list": {
        const keys = await client.listKeys();
        show(keys);
        if (keys.length === 0) note("there are no keys");
        break;
      }
      case "revoke":
        show([await client.revokeKey(subject)]);
        break;
      case "add": {
        const { collection, scope = "read", days } = given;
        const created = await client.createKey({
          name: subject,
          scope,
          ...(collection === undefined ? {} : { collections: [...new Set(collection)] }),
          ...(given["per-minute"] === undefined ? {} : { perMinute: given["per-minute"] }),
          ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * DAY_MS).toISOString() }),
        });
        print(given.json ? JSON.stringify(created) : created.key);
        note("this key is shown once; keep it, and send it as `Authorization: Bearer <key>`");
        break;
      }
    }
    return EXIT.done;
  } finally {
    await client.close();
  }
};

const COLUMNS = ["id", "name", "scope", "collections", "limit", "expires", "state"] as const;

const tableOf = (keys: readonly ApiKeyBody[]): string[] => {
  if (keys.length === 0) return [];
  const rows = [COLUMNS, ...keys.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
};

const cellsOf = ({ id, name, scope, collections, perMinute, expiresAt, revokedAt }: ApiKeyBody): string[] => [
  id,
  name,
  scope,
  collections === null ? "all" : collections.join(","),
  perMinute === null ? "-" : `${perMinute}/min`,
  expiresAt === null ? "never" : expiresAt.slice(0, 10),
  revokedAt !== null
    ? `revoked ${revokedAt.slice(0, 10)}`
    : expiresAt !== null && Date.parse(expiresAt) <= Date.now()
      ? "expired"
      : "valid",
];

/** `anchorage keys`: makes, lists and revokes API keys. */
export const keysCommand: Command<Given, CommandContext<KeysClient>> = {
  name: "keys",
  synopsis: "add NAME --scope read|write|admin [options] | list | revoke ID",
  about: [
    "Makes, lists and revokes API keys. A key allows `read` (GET and queries), `write` (anchors and jobs over them as well) or `admin` (collections, compaction, encoders and keys as well), for all collections or for those named.",
    "",
    "Once a service has keys, every request needs one, even where API_KEY is not set: make an admin key first there. A key that is revoked is refused at once by the service that is asked, and within two seconds by others on the same Postgres.",
    "",
    "Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked, with the key in API_KEY.",
    "",
    "Exit status: 0 done, 1 it failed, 2 wrong use.",
  ].join("\n"),
  options: {
    scope: { type: "string", value: "SCOPE", help: "what the key allows: read, write or admin" },
    collection: {
      type: "string",
      multiple: true,
      value: "NAME",
      help: "the only collections that it may see; may be repeated [all]",
    },
    "per-minute": { type: "string", value: "N", help: "requests a minute that are answered [no limit]" },
    days: { type: "string", value: "N", help: "days until it expires [never]" },
    json: { type: "boolean", help: "print JSON, one key a line" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: [
    "add 'the camera app' --scope write --collection photos --per-minute 600",
    "list",
    "revoke 3f9a1c2b4d5e --url http://127.0.0.1:8080",
  ],
  schema,
  run,
};
