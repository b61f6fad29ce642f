import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import type { CoreClient } from "../../client/index.ts";
import { check, CHECK_DEFAULTS } from "./api.ts";
import type { HealthClient } from "./client.ts";
import { checkReport } from "./report.ts";

/** The methods of Anchorage that checking a collection needs. */
type Checker = Pick<CoreClient, "waitForJob"> & { collection(name: string): HealthClient };

const SHOWN = 3;

const schema = ({ z, collectionOption, noArguments, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      by: z.string().min(1).optional(),
      limit: wholeNumber(1, 1_000),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (
  { collection, by, limit }: Given,
  { connect, signal, show, note }: CommandContext<Checker>,
): Promise<number> => {
  const client = await connect();
  const progress = createProgress(`checking ${collection}`, "measurements");
  try {
    const checker = client.collection(collection);
    const job = await checker.check({ limit, ...(by === undefined ? {} : { by }) });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    const body = await checker.getCheck();
    progress.stop();
    show(body, () => checkReport(check.parse(body), SHOWN));
    note("nothing is changed; remove anchors with anchorage remove, or on the page under Data health");
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("the check was stopped");
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await client.close();
  }
};

export const checkCommand: Command<Given, CommandContext<Checker>> = {
  name: "check",
  on: "anchorage",
  synopsis: "--collection NAME [options]",
  about:
    "Finds faults of a collection's anchors: duplicates, pairs whose image and caption disagree, anchors that make answers worse, outliers, captions that many anchors share, and classes with few anchors. Nothing is changed; the result is kept, and the page shows it under Data health.",
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to check" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes [the captions]",
    },
    limit: {
      type: "string",
      value: "N",
      default: String(CHECK_DEFAULTS.limit),
      help: "how many findings of each kind to keep; all are counted",
    },
  },
  exits: { done: "checked, whether or not something was found" },
  examples: ["--collection emoji", "--collection birds --by species --json"],
  schema,
  run,
};
