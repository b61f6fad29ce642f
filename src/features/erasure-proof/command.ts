import { join } from "node:path";
import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";

const schema = ({ z, collectionOption, noArguments, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      anchors: requiredText.optional(),
      receipt: requiredText.optional(),
    })
    .strict()
    .refine(({ anchors, receipt }) => anchors !== undefined || receipt !== undefined, {
      error: "--anchors or --receipt is required",
      path: ["arguments"],
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, { config, signal, print, note, log }: CommandContext): Promise<number> => {
  const { openInspection } = await import("../../store/index.ts");
  const { faultsOf, isComplete, proveErasure, readSuspects, reportOf } = await import("./index.ts");
  const { collection, anchors, receipt = null } = given;
  const { dataDir, databaseUrl } = config;
  const suspects = anchors === undefined ? [] : await readSuspects(anchors);
  try {
    const inspection = await openInspection({ dataDir, databaseUrl, log });
    const proof = await proveErasure(inspection, {
      collection,
      suspects,
      receipt,
      indexDirectory: join(dataDir, "indexes"),
      signal,
    }).finally(() => inspection.close());
    for (const line of reportOf(proof)) print(line);
    const faults = faultsOf(proof);
    for (const fault of faults) note(`verify-erasure: ${fault}`);
    if (faults.length > 0) return EXIT.failed;
    return isComplete(proof) ? EXIT.done : EXIT.partly;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note(error.message);
    return EXIT.interrupted;
  }
};

export const verifyErasureCommand: Command<Given, CommandContext> = {
  name: "verify-erasure",
  synopsis: "--collection NAME (--anchors FILE | --receipt ID) [options]",
  about: [
    "Proves that deleted anchors are gone. Checks the collection's whole chain of receipts, says which receipt covers each anchor, and searches for its id, its caption and its vectors (as they were given, and of norm 1 as snapshots and graphs hold them): in every row of every table, in the files of Postgres below the rows, and in every file under DATA_DIR/indexes. What live anchors hold as well is told apart by counting.",
    "",
    'FILE has one anchor a line, as it was imported or exported: {"id", "text", "imageVector", "textVector", "metadata"}, with at least one of text and the vectors. DATA_DIR (./data) and DATABASE_URL are the service\'s; it may run or be stopped. Nothing in it is changed.',
    "",
    "Backups and the memory of running processes are not searched. With DATABASE_URL, Postgres's write-ahead log is not searched either, and files of Postgres are searched where its user is a superuser, or may read the server's files.",
    "",
    "Exit status: 0 erased, as proven; 1 not erased, not proven or failed, and why; 2 wrong use; 3 found nowhere, but not everything could be searched; 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "from which they were deleted" },
    anchors: { type: "string", value: "FILE", help: "the anchors that should be gone, as JSONL" },
    receipt: {
      type: "string",
      value: "ID",
      help: "of a deletion: it must say erased, and cover the anchors where they are given",
    },
  },
  examples: ["--collection pets --anchors rex.jsonl", "--collection pets --receipt 2f0c1d3e-..."],
  schema,
  run,
};
