import type { z } from "zod";
import type { Config } from "./config.ts";
import type * as optionSchemas from "./option-schemas.ts";
import type { Log } from "./types.ts";

/** The exit status of a command; `partly`: done, but some inputs could not be used. */
export const EXIT = { done: 0, failed: 1, misused: 2, partly: 3, interrupted: 130 } as const;

/** One `--option`; its name is its key in {@link Command.options}. */
export interface Option {
  readonly type: "string" | "boolean";
  /** May be repeated; the schema then receives a list. */
  readonly multiple?: boolean;
  /** Placeholder of the value in the help, such as `NAME`. */
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
  /** To stderr too: log messages of this process. */
  readonly log: Log;
}

/** A command's terminal, settings and access to Anchorage; `Api` is the part of the client that it uses. */
export interface CommandContext<Api = unknown> extends Terminal {
  readonly config: Config;
  /**
   * Connects to the service at `url`; without one, opens DATA_DIR in this process.
   *
   * @throws AnchorageError `data-dir-busy` or `unavailable`
   */
  readonly connect: (url: string | undefined) => Promise<Api & { close(): Promise<void> }>;
  /** The address of the service that holds DATA_DIR, or that the settings describe, if it is on this machine and answers. */
  readonly findService: () => Promise<string | null>;
}

/** Zod and schemas that several commands share. */
export type OptionSchemas = typeof optionSchemas;

/**
 * A shell command: its options, its help and its work. A module that defines one imports slow dependencies inside
 * `run`, so that `--help` is fast.
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
   * Creates the schema of the options by name, with positional arguments as the list `arguments`. It is created on
   * demand, so that `--help` does not load zod.
   */
  readonly schema: (schemas: OptionSchemas) => z.ZodType<Given>;
  /** @returns the exit status */
  run(given: Given, environment: Environment): Promise<number>;
}

/** A command with any options, for tables of commands. */
export type AnyCommand = Command<unknown, CommandContext>;
