import { writeFile } from "node:fs/promises";
import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { AnchorageError, faultsOfIssues, faultsText, isAnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import type { CoreClient, CoreCollectionClient } from "../../client/index.ts";
import type { ErasingClient } from "./client.ts";

/** The methods of Anchorage that an erasure needs. */
type Eraser = Pick<CoreClient, "waitForJob"> & {
  collection(name: string): ErasingClient & Pick<CoreCollectionClient, "facets" | "existingAnchors">;
};

const schema = ({ z, collectionOption, noArguments, requiredText }: OptionSchemas) =>
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
    })
    .strict()
    .refine(({ filter, id }) => (filter === undefined) !== (id === undefined), {
      path: ["filter"],
      message: "or --id is required, one of the two",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<Eraser>): Promise<number> => {
  const { connect, signal, show, note } = context;
  const { eraseRequest } = await import("./api.ts");
  const { reason, by, report: file, collection: name } = given;
  const request = eraseRequest.safeParse({
    ...(given.filter === undefined ? { ids: given.id } : { filter: parseFilter(given.filter) }),
    ...(given["asked-by"] === undefined ? {} : { askedBy: given["asked-by"] }),
    ...(reason === undefined ? {} : { reason }),
    ...(by === undefined ? {} : { questions: { by } }),
  });
  if (!request.success)
    throw new AnchorageError("invalid-input", faultsText(faultsOfIssues(request.error.issues)));
  const client = await connect();
  const progress = createProgress(`erasing from ${name}`, "steps");
  try {
    const collection = client.collection(name);
    const count =
      "filter" in request.data
        ? (await collection.facets({ filter: request.data.filter, limit: 1 })).anchors
        : (await collection.existingAnchors(request.data.ids)).length;
    if (!given.yes) {
      note(`${count} anchors of ${name} would be deleted for good; add --yes to do it`);
      return EXIT.misused;
    }
    const job = await collection.erase(request.data);
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    progress.stop();
    const signed = await collection.getErasureReport(job.id);
    show(signed, () => [
      `${signed.report.deleted} anchors deleted and erased; receipt ${signed.report.deletion}`,
    ]);
    if (file !== undefined) {
      const content = file.endsWith(".json")
        ? `${JSON.stringify(signed, null, 2)}\n`
        : await collection.getErasureReportHtml(job.id);
      await writeFile(file, content);
      note(`wrote ${file}; anchorage verify-receipt ${file} checks it`);
    }
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("stopped; GET /v1/collections/NAME/receipts says whether the anchors were deleted");
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
    throw new AnchorageError("invalid-input", `--filter must be JSON, such as '{"owner": "ann"}'`);
  }
};

export const eraseCommand: Command<Given, CommandContext<Eraser>> = {
  name: "erase",
  on: "anchorage",
  synopsis: "--collection NAME (--filter JSON | --id ID ...) --yes [--report FILE] [options]",
  about: [
    "Deletes anchors for good: hides them, erases their bytes (Postgres rewrites its tables, and writes wait meanwhile), searches stored bytes for them, and makes a signed report: who asked, what was deleted, near copies that stay, answers before, as predicted, and after, and the chain of receipts.",
    "",
    "Without --yes it prints how many anchors match and deletes nothing. `anchorage remove` only hides anchors, at once.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to delete from" },
    filter: { type: "string", value: "JSON", help: 'which anchors, by metadata, such as {"owner": "ann"}' },
    id: { type: "string", multiple: true, value: "ID", help: "an anchor to delete; may be repeated" },
    report: {
      type: "string",
      value: "FILE",
      help: "write the report here: JSON if the name ends in .json, else HTML that holds the JSON",
    },
    "asked-by": { type: "string", value: "TEXT", help: "who asked for the erasure; part of the report" },
    reason: { type: "string", value: "TEXT", help: "why; part of the report" },
    by: {
      type: "string",
      value: "FIELD",
      help: "a metadata field that stored images are classified by, before and after",
    },
    yes: { type: "boolean", help: "really delete; this cannot be undone" },
  },
  exits: { done: "the anchors are erased", misused: "wrong use, or --yes is missing" },
  examples: [
    `--collection pets --filter '{"owner": "ann"}' --asked-by "Ann, by letter" --by kind --report ann.html --yes`,
  ],
  schema,
  run,
};
