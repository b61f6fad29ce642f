import type { Command, Context } from "../../command.ts";
import type { AnchorageClient } from "../../features/client.ts";
import { EXIT, note, print, runCommand } from "../cli.ts";

/** Runs one command on its arguments and ends the process. */
type Run = (given: readonly string[]) => Promise<void>;

/** Gives a command its terminal, its settings and Anchorage. */
export const withAnchorage =
  <Given>(command: Command<Given, Context<AnchorageClient>>): Run =>
  (given) =>
    runCommand(command, given, async (terminal) => {
      const { readConfig } = await import("../../config.ts");
      const config = readConfig(process.env);
      return {
        ...terminal,
        config,
        connect: async (url) => {
          const { openConnection } = await import("../open.ts");
          return openConnection({ url, config, log: terminal.log });
        },
      };
    });

/** Every command by its name. Only the one that is called is loaded. */
const COMMANDS: ReadonlyMap<string, () => Promise<Run>> = new Map([
  ["import", async () => withAnchorage((await import("./import.ts")).importCommand)],
  ["classify", async () => withAnchorage((await import("./classify.ts")).classifyCommand)],
  ["build-index", async () => withAnchorage((await import("./build-index.ts")).buildIndexCommand)],
  ["pull-encoder", async () => withAnchorage((await import("./pull-encoder.ts")).pullEncoderCommand)],
  ["tune-index", async () => withAnchorage((await import("./tune-index.ts")).tuneIndexCommand)],
  ["verify-erasure", async () => withAnchorage((await import("./verify-erasure.ts")).verifyErasureCommand)],
  ["tune", async () => withAnchorage((await import("../../features/tuning/command.ts")).tuneCommand)],
  [
    "select-encoder",
    async () => withAnchorage((await import("../../features/selection/command.ts")).selectEncoderCommand),
  ],
  [
    "evaluate",
    async () => withAnchorage((await import("../../features/evaluation/command.ts")).evaluateCommand),
  ],
  [
    "train-adapter",
    async () => withAnchorage((await import("../../features/epalm/command.ts")).trainAdapterCommand),
  ],
]);

/**
 * Runs `anchorage COMMAND ...` and ends the process: with the command's status, or with `misused` for a name that no
 * command has. Without a name, or for `--help`, it prints the names.
 *
 * @example await runNamed(["classify", "cat.jpg", "--classes", "a cat,a dog"]);
 */
export const runNamed = async ([name, ...given]: readonly string[]): Promise<void> => {
  const load = COMMANDS.get(name ?? "");
  if (load !== undefined) return (await load())(given);
  const usage = `one of ${[...COMMANDS.keys()].join(", ")}`;
  if (name === undefined || name === "--help" || name === "-h")
    print(`Usage: anchorage COMMAND [options]\n\nCOMMAND is ${usage}; each has a --help.`);
  else {
    note(`anchorage: "${name}" is no command; ${usage}`);
    process.exitCode = EXIT.misused;
  }
};
