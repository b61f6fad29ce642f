import { parseArgs, type ParseArgsConfig } from "node:util";
import type { z } from "zod";
import { EXIT, type Command, type Print, type Terminal } from "../command.ts";
import { isAnchorageError, messageOf } from "../errors.ts";
import { stopSignal } from "./stop-signal.ts";
import { lineLog } from "../log.ts";

export * from "../command.ts";

/** A command that is run as its own program, with its schema already loaded. */
export interface Script<Given> extends Omit<Command<Given>, "schema"> {
  readonly schema: z.ZodType<Given>;
}

/**
 * Runs a script on the process's arguments and ends the process with one of {@link EXIT}.
 *
 * `--help` prints the help. Invalid usage is reported in one line, a domain error by its message.
 */
export const runScript = <Given>(script: Script<Given>): Promise<void> =>
  runCommand({ ...script, schema: () => script.schema }, process.argv.slice(2), (terminal) =>
    Promise.resolve(terminal),
  );

/**
 * Runs a command on `given` and ends the process with one of {@link EXIT}, as {@link runScript} does.
 *
 * @param environmentOf creates the command's environment; called only if the arguments are valid
 */
export const runCommand = async <Given, Environment extends Terminal>(
  command: Command<Given, Environment>,
  given: readonly string[],
  environmentOf: (terminal: Terminal) => Promise<Environment>,
): Promise<void> => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of the pipe, such as `head`, has closed it.
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  const status = await outcomeOf(command, given, environmentOf);
  // Exits once output is flushed, instead of waiting for idle handles such as kept-alive connections.
  process.stdout.write("", () => process.exit(status));
};

/** Writes a line to stdout. */
export const print: Print = (line) => process.stdout.write(`${line}\n`);
/** Writes a line to stderr. A progress bar on the last line is cleared and redrawn below. */
export const note: Print = (line) =>
  process.stderr.write(`${process.stderr.isTTY ? "\r\u{1B}[K" : ""}${line}\n`);

const outcomeOf = async <Given, Environment extends Terminal>(
  command: Command<Given, Environment>,
  given: readonly string[],
  environmentOf: (terminal: Terminal) => Promise<Environment>,
): Promise<number> => {
  const options = readOptions(command.options, given);
  if ("help" in options) {
    print(helpOf(command));
    return EXIT.done;
  }
  const read =
    "fault" in options ? options : parse(command.schema(await import("../option-schemas.ts")), options);
  if ("fault" in read) {
    note(`${command.name}: ${read.fault} (npm run ${command.name} -- --help tells more)`);
    return EXIT.misused;
  }
  try {
    const signal = stopSignal(() => note("stopping; once more ends it at once"));
    return await command.run(read.value, await environmentOf({ signal, print, note, log: lineLog(note) }));
  } catch (error) {
    note(isAnchorageError(error) ? `${command.name}: ${error.message}` : stackOf(error));
    return EXIT.failed;
  }
};

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

interface Fault {
  readonly fault: string;
}
interface Help {
  readonly help: true;
}
interface Values {
  readonly values: Readonly<Record<string, unknown>>;
}

/** The values of options as text, or a message about unknown or repeated names. */
const readOptions = (known: Command<never>["options"], given: readonly string[]): Values | Fault | Help => {
  const options: ParseArgsConfig["options"] = { help: { type: "boolean", short: "h" } };
  for (const [name, { type, multiple = false, default: value }] of Object.entries(known)) {
    options[name] = { type, multiple, ...(value === undefined ? {} : { default: value }) };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...given], options, allowPositionals: true });
    return values.help === true ? { help: true } : { values: { ...values, arguments: positionals } };
  } catch (error) {
    // The first sentence of Node's message says what is wrong; the rest explains rarely meant alternatives.
    return {
      fault: messageOf(error)
        .split(/\.\s|\n/, 1)
        .join(""),
    };
  }
};

const parse = <T>(schema: z.ZodType<T>, { values }: Values): { readonly value: T } | Fault => {
  const parsed = schema.safeParse(values);
  return parsed.success ? { value: parsed.data } : { fault: parsed.error.issues.map(faultOf).join("; ") };
};

/** The parsed options, or a one-line message about what is wrong with them. */
export const readArguments = <T>(
  { options, schema }: Pick<Script<T>, "options" | "schema">,
  given: readonly string[],
): { readonly value: T } | Fault | Help => {
  const read = readOptions(options, given);
  return "values" in read ? parse(schema, read) : read;
};

const faultOf = ({ path, message }: z.core.$ZodIssue): string =>
  path[0] === undefined || path[0] === "arguments" ? message : `--${String(path[0])} ${message}`;

const WIDTH = 100;

/** The text of `--help`. */
export const helpOf = (command: Omit<Command<never>, "schema" | "run">): string => {
  const rows = Object.entries(command.options).map(([name, option]) => ({
    left: `  --${name}${option.type === "boolean" ? "" : ` ${option.value ?? "VALUE"}`}`,
    right: `${option.help}${option.default === undefined ? "" : ` [${option.default}]`}`,
  }));
  const column = Math.max(0, ...rows.map(({ left }) => left.length)) + 2;
  const options = rows.map(
    ({ left, right }) => left.padEnd(column) + wrap(right, WIDTH - column).join(`\n${" ".repeat(column)}`),
  );
  return [
    `Usage: npm run ${command.name}${command.synopsis === "" ? "" : ` -- ${command.synopsis}`}`,
    "",
    ...command.about.split("\n").flatMap((paragraph) => wrap(paragraph, WIDTH)),
    ...(options.length === 0 ? [] : ["", "Options:", ...options]),
    ...(command.examples.length === 0
      ? []
      : ["", "Examples:", ...command.examples.map((example) => `  npm run ${command.name} -- ${example}`)]),
  ].join("\n");
};

const wrap = (text: string, width: number): string[] => {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
};
