import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command, CommandContext, CommandEntry, CommandTable, Terminal } from "../command.ts";
import type { Config } from "../config.ts";
import { AnchorageError } from "../errors.ts";
import type { AnchorageClient } from "../features/client.ts";
import { FEATURES, type Feature } from "../features/index.ts";
import { EXIT, complain, note, print, runCommand, style } from "./cli.ts";
import { commonOptions, environmentWith, type CommonValues } from "./common-options.ts";
import { CORE_COMMANDS } from "./core-commands.ts";
import { overviewOf, subcommandsOf } from "./help.ts";
import { nearest } from "./nearest.ts";

/** Runs one command on its arguments and ends the process. */
type Run = (given: readonly string[]) => Promise<void>;

type Context = CommandContext<AnchorageClient>;

/**
 * Provides a command with its terminal, its settings and Anchorage.
 *
 * @param program what is typed before its arguments
 */
export const withAnchorage =
  <Given>(command: Command<Given, Context>, program = `anchorage ${command.name}`): Run =>
  (given) =>
    runCommand(command, given, { program, common: commonOptions(command), environmentOf: contextOf });

const contextOf = async (terminal: Terminal, common: CommonValues): Promise<Context> => {
  const { readConfig } = await import("../config.ts");
  const config = readConfig(environmentWith(common, process.env));
  return {
    ...terminal,
    config,
    commands: commandsOf(FEATURES),
    connect: async ({ url = config.url ?? undefined, create = false } = {}) => {
      const { openConnection } = await import("./open.ts");
      if (url === undefined && !create) requireData(config);
      return openConnection({ url, config, log: terminal.log });
    },
    findService: async () => (await import("./open.ts")).findService(config),
  };
};

/** A question to a folder without data creates none there. */
const requireData = ({ dataDir, databaseUrl }: Config): void => {
  if (databaseUrl !== null || existsSync(join(dataDir, "postgres"))) return;
  throw new AnchorageError(
    "not-found",
    `Nothing is stored in ${dataDir} yet. Start a service there (anchorage serve) or import (anchorage import), ` +
      "or name another folder by --data-dir or a running service by --url.",
  );
};

/** The commands of the core and of the features by name; only the one that is run is loaded. */
export const commandsOf = (features: readonly Feature[]): CommandTable => {
  const commands = new Map<string, CommandEntry>(Object.entries(CORE_COMMANDS));
  for (const { name: feature, commands: own = {} } of features) {
    for (const [name, entry] of Object.entries(own)) {
      if (commands.has(name)) throw new Error(`the feature "${feature}" adds a second command "${name}"`);
      commands.set(name, entry);
    }
  }
  return Object.fromEntries(commands);
};

/** Earlier names of commands. */
const RENAMED: Readonly<Record<string, string>> = { "pull-encoder": "encoders pull" };

/**
 * Runs `anchorage COMMAND ...` and ends the process: with the command's exit code, or with `misused` for an unknown
 * name. Without a name, or with `--help`, it prints the names.
 *
 * @example await runNamed(["classify", "cat.jpg", "--classes", "a cat,a dog"]);
 */
export const runNamed = async (given: readonly string[]): Promise<void> => {
  const table = commandsOf(FEATURES);
  const [first = "--help", ...rest] = given;
  if (first === "--version" || first === "-V") return printVersion();
  if (first === "--help" || first === "-h") {
    print(overviewOf(table, style));
    return;
  }
  if (first === "help") return runNamed([...rest, "--help"]);
  const renamed = RENAMED[first];
  if (renamed !== undefined) return runNamed([...renamed.split(" "), ...rest]);
  const [second = ""] = rest;
  const nested = table[`${first} ${second}`];
  if (nested !== undefined) return withAnchorage(await nested.load())(rest.slice(1));
  const entry = table[first];
  if (entry !== undefined) return withAnchorage(await entry.load())(rest);
  process.exitCode = explainUnknown(table, first, second);
};

/** Prints the subcommands of `first`, or says that there is no such command. */
const explainUnknown = (table: CommandTable, first: string, second: string): number => {
  const names = Object.keys(table);
  const isGroup = names.some((name) => name.startsWith(`${first} `));
  if (isGroup && (second === "" || second.startsWith("-"))) {
    const asked = second === "--help" || second === "-h";
    (asked ? print : note)(subcommandsOf(table, first, style));
    return asked ? EXIT.done : EXIT.misused;
  }
  const typed = isGroup ? `${first} ${second}` : first;
  const meant = nearest(
    typed,
    isGroup ? names : [...new Set(names.flatMap((name) => [name, ...name.split(" ", 1)]))],
  );
  complain(
    "anchorage",
    `there is no command "${typed}"${meant === null ? "" : `; did you mean "${meant}"?`} (anchorage --help lists all)`,
  );
  return EXIT.misused;
};

const printVersion = async (): Promise<void> => {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  print((JSON.parse(text) as { version: string }).version);
};
