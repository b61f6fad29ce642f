import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../../command.ts";
import type { DataPackage } from "./find.ts";

interface AddCommand {
  /** What follows `anchorage`, such as `sample add`. */
  readonly name: string;
  readonly synopsis: string;
  readonly about: string;
  readonly examples: readonly string[];
  /** Arguments that must be given as they are. */
  readonly positionals: readonly string[];
  readonly data: DataPackage;
  /** What happens next, in a sentence. */
  readonly next: string;
}

type Schema = z.ZodType<{ readonly from?: string | undefined }>;

/** The command that installs a data package into DATA_DIR. */
export const dataPackageCommand = ({
  name,
  synopsis,
  about,
  examples,
  positionals,
  data,
  next,
}: AddCommand): Command<z.output<Schema>, CommandContext> => ({
  name,
  on: "data-dir",
  synopsis,
  about,
  options: {
    from: {
      type: "string",
      value: "SPEC",
      help: `what npm installs instead of ${data.name} in this version: a version, a tarball or a folder`,
    },
  },
  examples,
  schema: ({ z, noArguments }: OptionSchemas) =>
    z
      .object({
        arguments:
          positionals.length === 0
            ? noArguments
            : z
                .array(z.string())
                .refine(
                  (given) => given.join(" ") === positionals.join(" "),
                  `there is only "${positionals.join(" ")}"`,
                ),
        from: z.string().min(1).optional(),
      })
      .strict(),
  run: async ({ from }, { config, signal, show, note }) => {
    // DATA_DIR is for its own user alone.
    process.umask(0o077);
    const { addDataPackage } = await import("./add.ts");
    note(`npm installs ${from ?? data.name}`);
    const { dataDir } = config;
    const folder = await addDataPackage(data, { dataDir, signal, ...(from === undefined ? {} : { from }) });
    show({ package: data.name, folder }, () => [`${data.name} is in ${folder}`, next]);
    return EXIT.done;
  },
});
