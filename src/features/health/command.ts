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

const schema = ({ z, collectionOption, noArguments, urlOption, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      by: z.string().min(1).optional(),
      limit: wholeNumber(1, 1_000),
      json: z.boolean().default(false),
      url: urlOption.optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (
  { collection, by, limit, json, url }: Given,
  { connect, signal, print, note }: CommandContext<Checker>,
): Promise<number> => {
  const client = await connect(url);
  const progress = createProgress(`checking ${collection}`, "measurements");
  try {
    const checker = client.collection(collection);
    const job = await checker.check({ limit, ...(by === undefined ? {} : { by }) });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    const body = await checker.getCheck();
    progress.stop();
    if (json) print(JSON.stringify(body));
    else for (const line of checkReport(check.parse(body), SHOWN)) print(line);
    note("nothing is changed; remove anchors with DELETE /anchors, or on the page under Data health");
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
  synopsis: "--collection NAME [options]",
  about: [
    "Looks for what is wrong with a collection's anchors: duplicates, pairs whose picture and caption disagree, anchors that spoil answers, outliers, captions that many share and classes with few anchors. Nothing is changed; the result is kept, and the page shows it under Data health.",
    "",
    "Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked.",
    "",
    "Exit status: 0 done, whatever was found, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose anchors are checked" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes (else the captions are)",
    },
    limit: {
      type: "string",
      value: "N",
      default: String(CHECK_DEFAULTS.limit),
      help: "findings that are kept of each kind; all are counted",
    },
    json: { type: "boolean", help: "print the whole result as JSON" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: ["--collection emoji", "--collection birds --by species --json"],
  schema,
  run,
};
