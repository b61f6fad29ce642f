import { join } from "node:path";
import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";

/** Nothing was found in bytes, and something that is kept has learnt from the anchors. */
const LEARNT = 4;

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

const run = async (given: Given, { config, signal, show, note, log }: CommandContext): Promise<number> => {
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
    const faults = faultsOf(proof);
    show({ ...proof, faults, complete: isComplete(proof) }, () => reportOf(proof));
    for (const fault of faults) note(`verify-erasure: ${fault}`);
    if (faults.length > 0) return EXIT.failed;
    if (proof.retainedBy.length > 0) {
      note(`verify-erasure: what was learnt from deleted anchors is kept in ${proof.retainedBy.join(", ")}`);
      return LEARNT;
    }
    return isComplete(proof) ? EXIT.done : EXIT.partly;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note(error.message);
    return EXIT.interrupted;
  }
};

export const verifyErasureCommand: Command<Given, CommandContext> = {
  name: "verify-erasure",
  on: "data-dir",
  synopsis: "--collection NAME (--anchors FILE | --receipt ID) [options]",
  about: [
    "Proves that deleted anchors are gone. Checks the collection's whole chain of receipts, says which receipt covers each anchor, and searches for its id, caption and vectors (as given, and with norm 1 as snapshots and graphs store them) in every row of every table, in the files of Postgres, and in every file under DATA_DIR/indexes. Bytes that live anchors contain too are told apart by counting.",
    "",
    'FILE has one anchor per line, as it was imported or exported: {"id", "text", "imageVector", "textVector", "metadata"}, with text or a vector. The service of DATA_DIR (and DATABASE_URL) may run or be stopped. Nothing is changed.',
    "",
    "Backups and the memory of running processes are not searched. With DATABASE_URL, Postgres's write-ahead log is not searched either, and its files only if its user is a superuser or may read the server's files.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "the collection they were deleted from" },
    anchors: { type: "string", value: "FILE", help: "the anchors that should be gone, as JSONL" },
    receipt: {
      type: "string",
      value: "ID",
      help: "the receipt of the deletion: it must say erased, and cover the anchors if they are given",
    },
  },
  exits: {
    done: "proven to be erased",
    failed: "not erased, or not proven; stderr says why",
    partly: "found nowhere, but not everything could be searched",
    unavailable:
      "found nowhere, but something made with the anchors is kept (stderr names it); or Postgres cannot be reached",
  },
  examples: ["--collection pets --anchors rex.jsonl", "--collection pets --receipt 2f0c1d3e-..."],
  schema,
  run,
};
