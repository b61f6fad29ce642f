import { parseArgs, type ParseArgsConfig } from "node:util";
import { z } from "zod";
import { isAnchorageError, messageOf } from "../errors.ts";
import { stopSignal } from "./stop-signal.ts";
import type { CollectionName, Log } from "../types.ts";

/** What a script tells the shell when it ends; `partly`: done, but some of what was given could not be used. */
export const EXIT = { done: 0, failed: 1, misused: 2, partly: 3, interrupted: 130 } as const;

/** One `--option`. The key it stands under is its name. */
export interface Option {
  readonly type: "string" | "boolean";
  /** May be given several times; the schema then sees a list. */
  readonly multiple?: boolean;
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
}

export interface Terminal {
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** To stdout: results. */
  readonly print: Log;
  /** To stderr: everything else. */
  readonly note: Log;
}

export interface Script<T> {
  /** As `npm run` knows it. */
  readonly name: string;
  /** What follows the name, such as `SOURCE --collection NAME [options]`. */
  readonly synopsis: string;
  readonly about: string;
  readonly options: Readonly<Record<string, Option>>;
  /** What follows `npm run NAME -- ` in each example. */
  readonly examples: readonly string[];
  /** Parses the options by their names, and what is no option as the list `arguments`. */
  readonly schema: z.ZodType<T>;
  /** @returns the exit status */
  readonly run: (given: T, terminal: Terminal) => Promise<number>;
}

/** An option that must be given. */
export const requiredText = z.string({ error: "is required" }).min(1, "must not be empty");

/** The name of a collection. */
export const collectionOption = z
  .string({ error: "is required" })
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit")
  .transform((name) => name as CollectionName);

/** The address of a running service. */
export const urlOption = z.url({
  protocol: /^https?$/,
  error: "must be an address such as http://127.0.0.1:8080",
});

/** The text of a whole number. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/**
 * Runs a script on the process's arguments and ends the process with one of {@link EXIT}.
 *
 * `--help` prints the help. A wrong use is told in one line. An error of the domain is told by its message alone.
 */
export const runScript = async <T>(script: Script<T>): Promise<void> => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has seen enough, as `head` does.
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  const status = await outcomeOf(script, process.argv.slice(2));
  // Exits rather than waits for what idles, such as kept-alive connections, once everything is written.
  process.stdout.write("", () => process.exit(status));
};

const print: Log = (line) => process.stdout.write(`${line}\n`);
/** Where a progress bar stands on the line, it makes way and is drawn again below. */
const note: Log = (line) => process.stderr.write(`${process.stderr.isTTY ? "\r\u{1B}[K" : ""}${line}\n`);

const outcomeOf = async <T>(script: Script<T>, given: readonly string[]): Promise<number> => {
  const read = readArguments(script, given);
  if ("help" in read) {
    print(helpOf(script));
    return EXIT.done;
  }
  if ("fault" in read) {
    note(`${script.name}: ${read.fault} (npm run ${script.name} -- --help tells more)`);
    return EXIT.misused;
  }
  try {
    return await script.run(read.value, {
      signal: stopSignal(() => note("stopping; once more ends it at once")),
      print,
      note,
    });
  } catch (error) {
    note(isAnchorageError(error) ? `${script.name}: ${error.message}` : stackOf(error));
    return EXIT.failed;
  }
};

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

type Read<T> = { readonly value: T } | { readonly fault: string } | { readonly help: true };

/** What was given, parsed; or the one line that says what is wrong with it. */
export const readArguments = <T>(
  script: Pick<Script<T>, "options" | "schema">,
  given: readonly string[],
): Read<T> => {
  const options: ParseArgsConfig["options"] = { help: { type: "boolean", short: "h" } };
  for (const [name, { type, multiple = false, default: value }] of Object.entries(script.options)) {
    options[name] = { type, multiple, ...(value === undefined ? {} : { default: value }) };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...given], options, allowPositionals: true });
    if (values.help === true) return { help: true };
    const parsed = script.schema.safeParse({ ...values, arguments: positionals });
    if (parsed.success) return { value: parsed.data };
    return { fault: parsed.error.issues.map(faultOf).join("; ") };
  } catch (error) {
    // Node says what is wrong in the first sentence, and then at length how to write what was hardly meant.
    return {
      fault: messageOf(error)
        .split(/\.\s|\n/, 1)
        .join(""),
    };
  }
};

const faultOf = ({ path, message }: z.core.$ZodIssue): string =>
  path[0] === undefined || path[0] === "arguments" ? message : `--${String(path[0])} ${message}`;

const WIDTH = 100;

/** The page that `--help` prints. */
export const helpOf = (script: Omit<Script<never>, "schema" | "run">): string => {
  const rows = Object.entries(script.options).map(([name, option]) => ({
    left: `  --${name}${option.type === "boolean" ? "" : ` ${option.value ?? "VALUE"}`}`,
    right: `${option.help}${option.default === undefined ? "" : ` [${option.default}]`}`,
  }));
  const column = Math.max(...rows.map(({ left }) => left.length)) + 2;
  const options = rows.map(
    ({ left, right }) => left.padEnd(column) + wrap(right, WIDTH - column).join(`\n${" ".repeat(column)}`),
  );
  return [
    `Usage: npm run ${script.name} -- ${script.synopsis}`,
    "",
    ...script.about.split("\n").flatMap((paragraph) => wrap(paragraph, WIDTH)),
    "",
    "Options:",
    ...options,
    "",
    "Examples:",
    ...script.examples.map((example) => `  npm run ${script.name} -- ${example}`),
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
