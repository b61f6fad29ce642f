import { writeFile } from "node:fs/promises";
import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { AnchorageError, isAnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import type { CoreClient, CoreCollectionClient } from "../../client/index.ts";
import type { ErasingClient } from "./client.ts";

/** The methods of Anchorage that an erasure needs. */
type Eraser = Pick<CoreClient, "waitForJob"> & {
  collection(name: string): ErasingClient & Pick<CoreCollectionClient, "facets" | "existingAnchors">;
};

const schema = ({ z, collectionOption, noArguments, requiredText, urlOption }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      filter: requiredText.optional(),
      id: z.array(requiredText).optional(),
      report: requiredText.optional(),
      "asked-by": requiredText.optional(),
      reason: requiredText.optional(),
      by: requiredText.optional(),
      yes: z.boolean().default(false),
      url: urlOption.optional(),
    })
    .strict()
    .refine(({ filter, id }) => (filter === undefined) !== (id === undefined), {
      path: ["filter"],
      message: "or --id is required, one of the two",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<Eraser>): Promise<number> => {
  const { connect, signal, print, note } = context;
  const { eraseRequest } = await import("./api.ts");
  const { reason, by, report: file, collection: name } = given;
  const request = eraseRequest.safeParse({
    ...(given.filter === undefined ? { ids: given.id } : { filter: parseFilter(given.filter) }),
    ...(given["asked-by"] === undefined ? {} : { askedBy: given["asked-by"] }),
    ...(reason === undefined ? {} : { reason }),
    ...(by === undefined ? {} : { questions: { by } }),
  });
  if (!request.success) throw new AnchorageError("invalid-input", "--filter: is not a filter");
  const client = await connect(given.url);
  const progress = createProgress(`erasing from ${name}`, "steps");
  try {
    const collection = client.collection(name);
    const count =
      "filter" in request.data
        ? (await collection.facets({ filter: request.data.filter, limit: 1 })).anchors
        : (await collection.existingAnchors(request.data.ids)).length;
    if (!given.yes) {
      note(`${count} anchors of ${name} would be deleted for good; say --yes to do it`);
      return EXIT.misused;
    }
    const job = await collection.erase(request.data);
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    progress.stop();
    const signed = await collection.getErasureReport(job.id);
    print(`${signed.report.deleted} anchors deleted and erased; receipt ${signed.report.deletion}`);
    if (file !== undefined) {
      const content = file.endsWith(".json")
        ? `${JSON.stringify(signed, null, 2)}\n`
        : await collection.getErasureReportHtml(job.id);
      await writeFile(file, content);
      note(`wrote ${file}; npm run verify-receipt -- ${file} checks it`);
    }
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("stopped; GET .../receipts says whether the anchors were deleted");
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await client.close();
  }
};

const parseFilter = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new AnchorageError("invalid-input", `--filter: must be JSON, such as '{"owner": "ann"}'`);
  }
};

export const eraseCommand: Command<Given, CommandContext<Eraser>> = {
  name: "erase",
  synopsis: "--collection NAME (--filter JSON | --id ID ...) --yes [--report FILE] [options]",
  about: [
    "Deletes anchors for good: deletes them, erases their bytes (Postgres rewrites its tables, and writes wait meanwhile), searches stored bytes for them, and makes a signed report: who asked, what was deleted, near copies that stay, questions answered before, as predicted and after, and the chain of receipts.",
    "",
    "Without --yes it says how many there are and deletes nothing. Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked.",
    "",
    "Exit status: 0 erased, 1 it failed, 2 wrong use or --yes is missing, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "from which they are deleted" },
    filter: { type: "string", value: "JSON", help: 'which, by metadata, such as {"owner": "ann"}' },
    id: { type: "string", multiple: true, value: "ID", help: "one of them, may be repeated" },
    report: {
      type: "string",
      value: "FILE",
      help: "where the report goes: .json, else HTML that holds the JSON",
    },
    "asked-by": { type: "string", value: "TEXT", help: "who asked for it" },
    reason: { type: "string", value: "TEXT", help: "why" },
    by: {
      type: "string",
      value: "FIELD",
      help: "a metadata field that stored pictures are asked for, before and after",
    },
    yes: { type: "boolean", help: "delete; this cannot be undone" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: [
    `--collection pets --filter '{"owner": "ann"}' --asked-by "Ann, by letter" --by kind --report ann.html --yes`,
  ],
  schema,
  run,
};
