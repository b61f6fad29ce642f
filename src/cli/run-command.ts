import type { Command, CommandContext } from "../command.ts";
import type { AnchorageClient } from "../features/client.ts";
import { FEATURES, type Feature } from "../features/index.ts";
import { EXIT, note, print, runCommand } from "./cli.ts";

/** Runs one command on its arguments and ends the process. */
type Run = (given: readonly string[]) => Promise<void>;

/** Provides a command with its terminal, its settings and Anchorage. */
export const withAnchorage =
  <Given>(command: Command<Given, CommandContext<AnchorageClient>>): Run =>
  (given) =>
    runCommand(command, given, async (terminal) => {
      const { readConfig } = await import("../config.ts");
      const config = readConfig(process.env);
      return {
        ...terminal,
        config,
        connect: async (url) => {
          const { openConnection } = await import("./open.ts");
          return openConnection({ url, config, log: terminal.log });
        },
        findService: async () => (await import("./open.ts")).findService(config),
      };
    });

type Commands = NonNullable<Feature["commands"]>;

/** The commands of the features by name; only the one that is run is loaded. */
export const commandsOf = (features: readonly Feature[]): ReadonlyMap<string, Commands[string]> => {
  const commands = new Map<string, Commands[string]>();
  for (const { name: feature, commands: own = {} } of features) {
    for (const [name, load] of Object.entries(own)) {
      if (commands.has(name)) throw new Error(`the feature "${feature}" adds a second command "${name}"`);
      commands.set(name, load);
    }
  }
  return commands;
};

/**
 * Runs `anchorage COMMAND ...` and ends the process: with the command's status, or with `misused` for an unknown
 * name. Without a name, or with `--help`, it prints the names.
 *
 * @example await runNamed(["classify", "cat.jpg", "--classes", "a cat,a dog"]);
 */
export const runNamed = async ([name, ...given]: readonly string[]): Promise<void> => {
  const commands = commandsOf(FEATURES);
  const load = commands.get(name ?? "");
  if (load !== undefined) return withAnchorage(await load())(given);
  const usage = `one of ${[...commands.keys()].join(", ")}`;
  if (name === undefined || name === "--help" || name === "-h")
    print(`Usage: anchorage COMMAND [options]\n\nCOMMAND is ${usage}; each has a --help.`);
  else {
    note(`anchorage: "${name}" is no command; ${usage}`);
    process.exitCode = EXIT.misused;
  }
};
