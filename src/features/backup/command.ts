import type { z } from "zod";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";
import type { BackupClient } from "./client.ts";

const schema = ({ z, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z.array(z.string()).length(1, "FILE is required: a new file, or - for the standard output"),
      since: requiredText.optional(),
      "receipts-only": z.boolean().default(false),
      "with-signing-key": z.boolean().default(false),
    })
    .strict()
    .refine((given) => !given["receipts-only"] || (given.since === undefined && !given["with-signing-key"]), {
      path: ["receipts-only"],
      error: "goes with neither --since nor --with-signing-key",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext<BackupClient>): Promise<number> => {
  const { runBackup } = await import("./index.ts");
  const [file = "-"] = given.arguments;
  return runBackup(
    {
      file,
      since: given.since,
      receiptsOnly: given["receipts-only"],
      withSigningKey: given["with-signing-key"],
    },
    context,
  );
};

export const backupCommand: Command<Given, CommandContext<BackupClient>> = {
  name: "backup",
  on: "anchorage",
  hasJson: false,
  synopsis: "FILE [options]",
  about: [
    "Writes everything that is stored to a new file, while the service runs: all collections, each at one sequence, with vectors, images, receipts, fits, keys (their hashes) and jobs that have ended. Indexes, snapshots and files of encoders are not in it; they are made or installed again. The file is compressed, and every part of it has a checksum. Keep it as secret as the database.",
    "",
    "FILE is called FILE.part until it is complete; Ctrl-C and errors leave nothing. With - the backup goes to the standard output.",
    "",
    "Reads the Postgres of DATA_DIR (./data) or DATABASE_URL, whether a service runs on it or not; with --url the service is asked, which needs an admin key.",
  ].join("\n"),
  options: {
    since: {
      type: "string",
      value: "FILE",
      help: "write only what changed since this backup; a restore needs both",
    },
    "receipts-only": {
      type: "boolean",
      help: "write the chains of receipts alone, for `restore --receipts`",
    },
    "with-signing-key": {
      type: "boolean",
      help: "include the private key that signs reports of erasures",
    },
  },
  examples: [
    "monday.backup",
    "tuesday.backup --since monday.backup",
    "receipts.backup --receipts-only",
    "- --url http://127.0.0.1:8080 | ssh store 'cat > anchorage.backup'",
  ],
  schema,
  run,
};
