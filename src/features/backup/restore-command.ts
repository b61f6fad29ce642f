import type { z } from "zod";
import type { Command, CommandContext, OptionSchemas } from "../../command.ts";

const schema = ({ z, requiredText }: OptionSchemas) =>
  z
    .object({
      arguments: z
        .array(z.string().min(1))
        .min(1, "FILE is required: a backup, or - for the standard input")
        .refine((files) => files.length === 1 || !files.includes("-"), {
          error: "- is one full backup, without others",
        }),
      receipts: requiredText.refine((file) => file !== "-", { error: "must be a file" }).optional(),
      "without-receipts": z.boolean().default(false),
    })
    .strict()
    .refine((given) => given.receipts !== undefined || given["without-receipts"], {
      path: ["arguments"],
      error:
        "anchors that were erased after the backup would come back: give a later chain of receipts by --receipts FILE " +
        "(`anchorage backup --receipts-only FILE` saves it, and any later backup holds it), or, if there is none, " +
        "--without-receipts",
    })
    .refine((given) => given.receipts === undefined || !given["without-receipts"], {
      path: ["without-receipts"],
      error: "contradicts --receipts",
    });

type Given = z.output<ReturnType<typeof schema>>;

const run = async (given: Given, context: CommandContext): Promise<number> => {
  const { runRestore } = await import("./index.ts");
  return runRestore({ files: given.arguments, receipts: given.receipts }, context);
};

export const restoreCommand: Command<Given, CommandContext> = {
  name: "restore",
  on: "data-dir",
  hasJson: false,
  synopsis: "FILE... (--receipts FILE | --without-receipts)",
  about: [
    "Restores a backup into an empty DATA_DIR (./data) or an empty database (DATABASE_URL), also of another version of Postgres, from 14 on. Give incremental backups behind the full one that they continue, in their order. With - the backup comes from the standard input.",
    "",
    "All of it happens in one transaction: checksums, numbers of rows, every stored row and every chain of receipts are checked before anything is visible. If it fails or is stopped, nothing is restored, and the same command starts again.",
    "",
    "What was erased after the backup does not come back: --receipts names a later backup, of receipts alone or of everything, and anchors that its receipts cover are not written. That takes a hash of every anchor's id for each receipt of a deletion after the backup. Without such a file, --without-receipts says that they may come back.",
  ].join("\n"),
  options: {
    receipts: {
      type: "string",
      value: "FILE",
      help: "a later backup; what its receipts say was deleted is left out",
    },
    "without-receipts": {
      type: "boolean",
      help: "restore although anchors that were erased since may come back",
    },
  },
  examples: [
    "monday.backup --receipts receipts.backup",
    "monday.backup tuesday.backup --receipts tuesday.backup",
    "- --without-receipts < anchorage.backup",
  ],
  schema,
  run,
};
