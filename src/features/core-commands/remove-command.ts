import type { z } from "zod";
import type { CollectionsClient, FilterBody } from "../../client/index.ts";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";

const schema = ({ z, collectionOption, jsonObject, noArguments, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      id: z.array(requiredText).optional(),
      filter: jsonObject.optional(),
      yes: z.boolean().default(false),
      "never-again": z.boolean().default(false),
    })
    .strict()
    .refine(({ filter, id }) => (filter === undefined) !== (id === undefined), {
      path: ["id"],
      message: "or --filter is required, one of the two",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (
  { collection: name, id: ids, filter: given, yes, "never-again": neverAgain }: Given,
  { connect, show, note }: CommandContext<CollectionsClient>,
): Promise<number> => {
  const client = await connect();
  try {
    const collection = client.collection(name);
    const filter = given as FilterBody | undefined;
    if (filter !== undefined && !yes) {
      const { anchors } = await collection.facets({ filter, limit: 1 });
      note(`${anchors} anchors of ${name} match; add --yes to remove them`);
      return EXIT.misused;
    }
    const which = filter === undefined ? { ids: [...new Set(ids)] } : { filter };
    const removed = await collection.deleteAnchors({ ...which, ...(neverAgain ? { neverAgain } : {}) });
    const { deleted, receipt } = removed;
    show(removed, () => [
      `${deleted} ${deleted === 1 ? "anchor" : "anchors"} removed${receipt.id === null ? "" : `; receipt ${receipt.id}`}`,
    ]);
    const missing = (ids === undefined ? 0 : new Set(ids).size) - deleted;
    if (missing > 0) note(`${missing} of the ids are not stored in ${name}`);
    if (deleted > 0)
      note("no answer uses them any more; their bytes stay until ERASE_WITHIN, or anchorage erase");
    return missing > 0 ? EXIT.partly : EXIT.done;
  } finally {
    await client.close();
  }
};

/** `anchorage remove`. */
export const removeCommand: Command<Given, CommandContext<CollectionsClient>> = {
  name: "remove",
  on: "anchorage",
  synopsis: "--collection NAME (--id ID ... | --filter JSON --yes) [options]",
  about: [
    "Removes anchors at once: no answer uses them any more. Their bytes stay in files until the next compaction, by default within seven days (ERASE_WITHIN); `anchorage erase` erases the bytes too and writes a signed report.",
    "",
    "With --filter and without --yes it prints how many anchors match and removes nothing.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to remove from" },
    id: { type: "string", multiple: true, value: "ID", help: "an anchor to remove; may be repeated" },
    filter: { type: "string", value: "JSON", help: 'which anchors, by metadata, such as {"owner": "ann"}' },
    yes: { type: "boolean", help: "really remove what --filter matches" },
    "never-again": { type: "boolean", help: "refuse the same image, and nearly the same, from now on" },
  },
  examples: ["--collection pets --id rex", `--collection pets --filter '{"owner": "ann"}' --yes`],
  exits: {
    misused: "wrong use, or --filter without --yes",
    partly: "some ids are not stored; the others are removed",
  },
  schema,
  run,
};
