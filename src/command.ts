import type { z } from "zod";
import type { Config } from "./config.ts";
import type * as optionSchemas from "./option-schemas.ts";
import type { Log } from "./types.ts";

/** The exit status of a command; `partly`: done, but some of what was given could not be used. */
export const EXIT = { done: 0, failed: 1, misused: 2, partly: 3, interrupted: 130 } as const;

/** One `--option`. Its key in {@link Command.options} is its name. */
export interface Option {
  readonly type: "string" | "boolean";
  /** May be given several times; the schema then sees a list. */
  readonly multiple?: boolean;
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
}

/** Writes one line. */
export type Print = (line: string) => void;

export interface Terminal {
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** To stdout: results. */
  readonly print: Print;
  /** To stderr: everything else. */
  readonly note: Print;
  /** To stderr too: what happens in this process, as a service would log it. */
  readonly log: Log;
}

/** The terminal, the settings, and Anchorage: `Api` is the part of it that a command calls. */
export interface CommandContext<Api = unknown> extends Terminal {
  readonly config: Config;
  /**
   * Connects to the service at `url`; without one it opens DATA_DIR in this process.
   *
   * @throws AnchorageError `data-dir-busy` or `unavailable`
   */
  readonly connect: (url: string | undefined) => Promise<Api & { close(): Promise<void> }>;
}

/** Zod, and what options have in common. */
export type OptionSchemas = typeof optionSchemas;

/**
 * A command for a shell: its options, its help and what it does. A module that defines one imports what is slow to load
 * inside `run`, so that `--help` is quick.
 */
export interface Command<Given, Environment extends Terminal = Terminal> {
  /** The name of its npm script. */
  readonly name: string;
  /** What follows the name, such as `SOURCE --collection NAME [options]`. */
  readonly synopsis: string;
  readonly about: string;
  readonly options: Readonly<Record<string, Option>>;
  /** What follows `npm run NAME -- ` in each example. */
  readonly examples: readonly string[];
  /**
   * Makes the schema that parses the options by their names, and what is no option as the list `arguments`. It is made
   * when there is something to parse, so that `--help` does not load zod.
   */
  readonly schema: (schemas: OptionSchemas) => z.ZodType<Given>;
  /** @returns the exit status */
  run(given: Given, environment: Environment): Promise<number>;
}

/** A command of any options, for tables of commands. */
export type AnyCommand = Command<unknown, CommandContext>;
