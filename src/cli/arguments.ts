import { parseArgs, type ParseArgsConfig } from "node:util";
import type { z } from "zod";
import type { Option } from "../command.ts";
import { messageOf } from "../errors.ts";
import { COMMON_OPTIONS } from "./common-options.ts";
import { nearest } from "./nearest.ts";

export interface Fault {
  readonly fault: string;
}
interface Help {
  readonly help: true;
}
interface Values {
  readonly values: Readonly<Record<string, unknown>>;
}

type Options = Readonly<Record<string, Option>>;

/** The values of options as text, or a message about unknown or repeated names. */
export const readOptions = (known: Options, given: readonly string[]): Values | Fault | Help => {
  const options: NonNullable<ParseArgsConfig["options"]> = { help: { type: "boolean", short: "h" } };
  for (const [name, { type, multiple = false, default: value }] of Object.entries(known)) {
    options[name] = { type, multiple, ...(value === undefined ? {} : { default: value }) };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...given], options, allowPositionals: true });
    return values.help === true ? { help: true } : { values: { ...values, arguments: positionals } };
  } catch (error) {
    // The first sentence of Node's message says what is wrong; the rest explains rarely meant alternatives.
    const [message = ""] = messageOf(error).split(/\.\s|\n/, 1);
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
    return { fault: unknown === undefined ? message : unknownOption(unknown, known) };
  }
};

const unknownOption = (name: string, known: Options): string => {
  if (name in COMMON_OPTIONS) return `--${name} is not for this command`;
  const meant = nearest(name, [...Object.keys(known), "help"]);
  return `Unknown option '--${name}'${meant === null ? "" : `; did you mean --${meant}?`}`;
};

/** Checks the values of options by a command's schema. */
export const parseOptions = <T>(
  schema: z.ZodType<T>,
  values: Readonly<Record<string, unknown>>,
): { readonly value: T } | Fault => {
  const parsed = schema.safeParse(values);
  return parsed.success ? { value: parsed.data } : { fault: parsed.error.issues.map(faultOf).join("; ") };
};

/** The parsed options, or a one-line message about what is wrong with them. */
export const readArguments = <T>(
  { options, schema }: { readonly options: Options; readonly schema: z.ZodType<T> },
  given: readonly string[],
): { readonly value: T } | Fault | Help => {
  const read = readOptions(options, given);
  return "values" in read ? parseOptions(schema, read.values) : read;
};

const faultOf = ({ path, message }: z.core.$ZodIssue): string =>
  path[0] === undefined || path[0] === "arguments" ? message : `--${String(path[0])} ${message}`;
