import { styleText } from "node:util";
import type { z } from "zod";
import {
  EXIT,
  exitOfError,
  type Command,
  type Option,
  type Print,
  type Style,
  type Terminal,
} from "../command.ts";
import { isAnchorageError } from "../errors.ts";
import { lineLog } from "../log.ts";
import { parseOptions, readOptions } from "./arguments.ts";
import { takeCommon, type CommonValues } from "./common-options.ts";
import { helpOf } from "./help.ts";
import { stopSignal } from "./stop-signal.ts";

export * from "../command.ts";
export { readArguments } from "./arguments.ts";
export { helpOf } from "./help.ts";

/** A command that is run as its own program, with its schema already loaded. */
export interface Script<Given> extends Omit<Command<Given>, "schema" | "on" | "hasJson"> {
  readonly schema: z.ZodType<Given>;
}

/**
 * Runs an npm script on the process's arguments and ends the process with one of {@link EXIT}.
 *
 * `--help` prints the help. Invalid usage is reported in one line, a domain error by its message.
 */
export const runScript = <Given>(script: Script<Given>): Promise<void> =>
  runCommand({ ...script, schema: () => script.schema }, process.argv.slice(2), {
    program: `npm run ${script.name} --`,
    common: {},
    environmentOf: (terminal) => Promise.resolve(terminal),
  });

/** How a command is run. */
export interface Runner<Environment extends Terminal> {
  /** What is typed before its arguments, such as `anchorage import`. */
  readonly program: string;
  /** Options that it has beside its own. */
  readonly common: Readonly<Record<string, Option>>;
  /** Creates the command's environment; called only if the arguments are valid. */
  readonly environmentOf: (terminal: Terminal, common: CommonValues) => Promise<Environment>;
}

/** Runs a command on `given` and ends the process with one of {@link EXIT}, as {@link runScript} does. */
export const runCommand = async <Given, Environment extends Terminal>(
  command: Command<Given, Environment>,
  given: readonly string[],
  runner: Runner<Environment>,
): Promise<void> => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of the pipe, such as `head`, has closed it.
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  const status = await outcomeOf(command, given, runner);
  // Exits once output is flushed, instead of waiting for idle handles such as kept-alive connections.
  process.stdout.write("", () => process.exit(status));
};

/** Writes a line to stdout. */
export const print: Print = (line) => process.stdout.write(`${line}\n`);
/** Writes a line to stderr. A progress bar on the last line is cleared and redrawn below. */
export const note: Print = (line) =>
  process.stderr.write(`${process.stderr.isTTY ? "\r\u{1B}[K" : ""}${line}\n`);

/** Styles text for stdout. */
export const style: Style = (format, text) => styleText(format, text, { stream: process.stdout });

/** Writes `NAME: message` to stderr. */
export const complain = (name: string, message: string): void =>
  note(`${styleText("red", `${name}:`, { stream: process.stderr })} ${message}`);

const outcomeOf = async <Given, Environment extends Terminal>(
  command: Command<Given, Environment>,
  given: readonly string[],
  { program, common, environmentOf }: Runner<Environment>,
): Promise<number> => {
  const misused = (fault: string): number => {
    complain(command.name, `${fault} (${program} --help shows how to use it)`);
    return EXIT.misused;
  };
  const options = readOptions({ ...common, ...command.options }, given);
  if ("help" in options) {
    print(helpOf(command, program, common, style));
    return EXIT.done;
  }
  if ("fault" in options) return misused(options.fault);
  const taken = takeCommon(options.values, command.options);
  if ("fault" in taken) return misused(taken.fault);
  const read = parseOptions(command.schema(await import("../option-schemas.ts")), taken.rest);
  if ("fault" in read) return misused(read.fault);
  const { json } = taken.common;
  try {
    const signal = stopSignal(() => note("stopping; press Ctrl-C again to end at once"));
    const show: Terminal["show"] = (result, lines) => {
      if (json) print(JSON.stringify(result));
      else for (const line of lines()) print(line);
    };
    const terminal = { signal, json, print, show, note, log: lineLog(note), style };
    return await command.run(read.value, await environmentOf(terminal, taken.common));
  } catch (error) {
    if (!isAnchorageError(error)) {
      note(stackOf(error));
      return EXIT.failed;
    }
    complain(command.name, error.message);
    return exitOfError(error.code);
  }
};

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
