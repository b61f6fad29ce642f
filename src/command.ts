import type { z } from "zod";
import type { Config } from "./config.ts";
import type { ErrorCode } from "./errors.ts";
import type * as optionSchemas from "./option-schemas.ts";
import type { Log } from "./types.ts";

/** The exit codes of every command; `docs/commands.md` has the same table. */
export const EXIT = {
  /** Everything was done. */
  done: 0,
  /** It failed for another reason than those below. */
  failed: 1,
  /** Unknown or missing options or arguments; nothing was done. */
  misused: 2,
  /** It is done, but some inputs could not be used. */
  partly: 3,
  /** Anchorage cannot be reached, or cannot answer now; the same command may succeed later. */
  unavailable: 4,
  /** The key is missing, wrong, or does not allow this. */
  refused: 5,
  /** The collection, anchor or job does not exist. */
  missing: 6,
  /** Stopped by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;

export type Exit = keyof typeof EXIT;

const EXIT_OF_ERROR: Partial<Record<ErrorCode, Exit>> = {
  unavailable: "unavailable",
  "data-dir-busy": "unavailable",
  "too-many-requests": "unavailable",
  unauthorized: "refused",
  forbidden: "refused",
  "not-found": "missing",
  cancelled: "interrupted",
};

/** The exit code of a command that ends with a domain error. */
export const exitOfError = (code: ErrorCode): number => EXIT[EXIT_OF_ERROR[code] ?? "failed"];

/** One `--option`; its name is its key in {@link Command.options}. */
export interface Option {
  readonly type: "string" | "boolean";
  /** May be repeated; the schema then receives a list. */
  readonly multiple?: boolean;
  /** Placeholder of the value in the help, such as `NAME`; `FILE` and `DIR` complete to paths in a shell. */
  readonly value?: string;
  /** The values that a shell completes. */
  readonly choices?: readonly string[];
  readonly help: string;
  readonly default?: string;
}

/** Writes one line. */
export type Print = (line: string) => void;

/** Text in a colour or weight where stdout is a terminal and NO_COLOR is not set, else as it is. */
export type Style = (format: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

export interface Terminal {
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Whether `--json` is given: then stdout holds JSON only. */
  readonly json: boolean;
  /** Writes a line of text to stdout; for results that {@link show} does not fit. */
  readonly print: Print;
  /** Writes a result to stdout: as one line of JSON with `--json`, else as lines of text. */
  readonly show: (result: unknown, lines: () => Iterable<string>) => void;
  /** To stderr: everything else. */
  readonly note: Print;
  /** To stderr too: log messages of this process. */
  readonly log: Log;
  readonly style: Style;
}

/** A command's terminal, settings and access to Anchorage; `Api` is the part of the client that it uses. */
export interface CommandContext<Api = unknown> extends Terminal {
  /** The settings, with the common options of the command line applied. */
  readonly config: Config;
  /**
   * Connects to the service at `url`, by default that of `--url` or ANCHORAGE_URL; without one, opens DATA_DIR in this
   * process.
   *
   * @param options.create whether a DATA_DIR that does not exist is created
   * @throws AnchorageError `data-dir-busy`, `unavailable`, or `not-found` where nothing is stored in DATA_DIR
   */
  readonly connect: (options?: {
    readonly url?: string;
    readonly create?: boolean;
  }) => Promise<Api & { close(): Promise<void> }>;
  /** The address of the service that holds DATA_DIR, or that the settings describe, if it is on this machine and answers. */
  readonly findService: () => Promise<string | null>;
  /** Every command, for completion. */
  readonly commands: CommandTable;
}

/** Zod and schemas that several commands share. */
export type OptionSchemas = typeof optionSchemas;

/**
 * A shell command: its options, its help and its work. A module that defines one imports slow dependencies inside
 * `run`, so that `--help` is fast.
 */
export interface Command<Given, Environment extends Terminal = Terminal> {
  /** What follows `anchorage`, such as `import` or `encoders pull`. */
  readonly name: string;
  /** What follows the name, such as `SOURCE --collection NAME [options]`. */
  readonly synopsis: string;
  readonly about: string;
  /**
   * What it works on, which adds common options: `anchorage` a service or DATA_DIR (`--url`, `--api-key`,
   * `--data-dir`), `data-dir` the files of DATA_DIR alone (`--data-dir`). Absent: neither.
   */
  readonly on?: "anchorage" | "data-dir";
  /** Whether it has `--json`; default true. */
  readonly hasJson?: boolean;
  readonly options: Readonly<Record<string, Option>>;
  /** What follows `anchorage NAME ` in each example. */
  readonly examples: readonly string[];
  /** What exit codes mean for this command, where that says more than the common table. */
  readonly exits?: Partial<Record<Exit, string>>;
  /**
   * Creates the schema of the options by name, with positional arguments as the list `arguments`. It is created on
   * demand, so that `--help` does not load zod.
   */
  readonly schema: (schemas: OptionSchemas) => z.ZodType<Given>;
  /** @returns the exit code */
  run(given: Given, environment: Environment): Promise<number>;
}

/** A command with any options, for tables of commands. */
export type AnyCommand = Command<unknown, CommandContext>;

/** The sections of `anchorage --help`, in their order. */
export const COMMAND_GROUPS = [
  "Service",
  "Collections and anchors",
  "Answers",
  "Quality",
  "Encoders and indexes",
  "Erasure",
  "Help",
] as const;

/** A command in the table of commands; its module is loaded only to run it or to show its help. */
export interface CommandEntry {
  readonly group: (typeof COMMAND_GROUPS)[number];
  /** Half a line for `anchorage --help`, without a full stop. */
  readonly summary: string;
  readonly load: () => Promise<AnyCommand>;
}

/** Commands by name, such as `encoders pull`. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/**
 * Aligns rows of cells in columns, separated by two spaces.
 *
 * @example
 * ```ts
 * columns([["id", "name"], ["7", "ann"]]); // ["id  name", "7   ann"]
 * ```
 */
export const columns = (rows: readonly (readonly string[])[]): string[] => {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
};
