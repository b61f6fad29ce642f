import type { z } from "zod";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import type { ApiKeyBody, KeysClient } from "./client.ts";

const listSchema = ({ z, noArguments }: OptionSchemas) => z.object({ arguments: noArguments }).strict();

type Context = CommandContext<KeysClient>;

/** `anchorage keys list`. */
export const listKeysCommand: Command<z.output<ReturnType<typeof listSchema>>, Context> = {
  name: "keys list",
  on: "anchorage",
  synopsis: "[options]",
  about:
    "Lists all API keys, with those that have expired or were revoked. The keys themselves are not stored.",
  options: {},
  examples: ["", "--json"],
  schema: listSchema,
  run: async (_, { connect, show, note }) => {
    const client = await connect();
    try {
      const keys = await client.listKeys();
      show(keys, () => tableOf(keys));
      if (keys.length === 0) note("there are no keys");
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

const revokeSchema = ({ z }: OptionSchemas) =>
  z
    .object({
      arguments: z.tuple([z.string().min(1)], "ID is required: one of those that anchorage keys list prints"),
    })
    .strict();

/** `anchorage keys revoke`. */
export const revokeKeyCommand: Command<z.output<ReturnType<typeof revokeSchema>>, Context> = {
  name: "keys revoke",
  on: "anchorage",
  synopsis: "ID [options]",
  about:
    "Revokes an API key. The service that is asked refuses the key at once, others on the same Postgres within two seconds.",
  options: {},
  examples: ["3f9a1c2b4d5e --url http://127.0.0.1:8080"],
  schema: revokeSchema,
  run: async ({ arguments: [id] }, { connect, show }) => {
    const client = await connect();
    try {
      const revoked = await client.revokeKey(id);
      show(revoked, () => tableOf([revoked]));
      return EXIT.done;
    } finally {
      await client.close();
    }
  },
};

const COLUMNS = ["id", "name", "scope", "collections", "limit", "expires", "state"] as const;

const tableOf = (keys: readonly ApiKeyBody[]): string[] =>
  keys.length === 0 ? [] : columns([COLUMNS, ...keys.map(cellsOf)]);

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
