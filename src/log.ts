import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import type { Log, LogFields } from "./types.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const context = new AsyncLocalStorage<LogFields>();

/**
 * Adds fields to every line that the service logs while `work` runs, and in what it starts.
 *
 * @example
 * await withLogFields({ requestId }, () => answer(request));
 */
export const withLogFields = <T>(fields: LogFields, work: () => T): T =>
  context.run({ ...context.getStore(), ...fields }, work);

/**
 * Binds a function to the fields around it, because a stream calls its source from elsewhere.
 *
 * @example
 * const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(await next());
 * const stream = new ReadableStream<Uint8Array>({ pull: bindLogFields(pull) });
 */
export const bindLogFields = <Argument, Result>(
  work: (argument: Argument) => Result,
): ((argument: Argument) => Result) => AsyncResource.bind(work);

/** The fields of {@link withLogFields} around the caller. */
export const currentLogFields = (): LogFields => context.getStore() ?? {};

/**
 * A log for a person at a terminal: hands `write` one line for each message of level info and above.
 *
 * @example
 * const service = await openService(config, lineLog(console.error));
 */
export const lineLog = (write: (line: string) => void, fields: LogFields = {}): Log => {
  const at =
    (level: LogLevel) =>
    (message: string, more: LogFields = {}): void =>
      write(formatMessage(level, message, { ...fields, ...more }));
  return {
    debug: () => undefined,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => lineLog(write, { ...fields, ...more }),
  };
};

export const silentLog: Log = lineLog(() => undefined);

/**
 * A message as text: its level unless that is info, its collection, the message, other fields, and the stack of an error.
 *
 * @example
 * formatMessage("warn", "no snapshot was written", { collection: "pairs" });
 * // "warn: collection pairs: no snapshot was written"
 */
export const formatMessage = (
  level: LogLevel,
  message: string,
  { error, collection, ...fields }: LogFields,
): string =>
  [
    ...(level === "info" ? [] : [`${level}:`]),
    ...(collection === undefined ? [] : [`collection ${valueOf(collection)}:`]),
    message.replace(CONTROL, " "),
    ...Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${valueOf(value)}`],
    ),
  ].join(" ") + (error === undefined ? "" : `\n${stackOf(error)}`);

/** Characters that would end a line or move the cursor. */
const CONTROL = /\p{Cc}+/gu;

/** As it is where it is one plain word, else as JSON. */
const valueOf = (value: unknown): string =>
  typeof value === "string" && /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value);

/** Of an error, or of one that JSON has passed through. */
const stackOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "stack" in error ? String(error.stack) : String(error);
