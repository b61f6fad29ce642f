import pino, { type Logger } from "pino";
import { z } from "zod";
import { currentLogFields, LOG_LEVELS, formatMessage, type LogLevel } from "./log.ts";
import type { Log, LogFields } from "./types.ts";

export interface ServiceLogOptions {
  /** `json`: one object a line, with time, level, fields and `msg`; `text`: for a person at a terminal. */
  readonly format: "text" | "json";
  /** Messages below it are left out. */
  readonly level: LogLevel;
  /** Takes whole lines, each with its line end. */
  readonly write: (text: string) => void;
}

/**
 * The log of the service, by pino. Each line holds the fields around it (`withLogFields`), such as the request's id.
 *
 * @example
 * const log = createServiceLog({ format: "json", level: "info", write: (text) => process.stdout.write(text) });
 * log.child({ collection: "pairs" }).warn("no snapshot was written");
 * // such as {"level":"warn","time":"2026-01-31T12:00:00.000Z","collection":"pairs","msg":"no snapshot was written"}
 */
export const createServiceLog = ({ format, level, write }: ServiceLogOptions): Log =>
  overPino(
    pino(
      {
        level,
        base: null,
        timestamp: format === "json" && pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { error: pino.stdSerializers.err },
        mixin: () => ({ ...currentLogFields() }),
      },
      { write: format === "json" ? write : (line) => write(`${textOfLine(line)}\n`) },
    ),
  );

const overPino = (logger: Logger): Log => {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      logger[level](fields, message);
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => overPino(logger.child(fields)),
  };
};

const textOfLine = (line: string): string => {
  const { level, msg, fields } = logLine.parse(JSON.parse(line));
  return formatMessage(level, msg, fields);
};

/** A line as pino writes it. */
const logLine = z
  .looseObject({ level: z.enum(LOG_LEVELS), msg: z.string() })
  .transform(({ level, msg, ...fields }) => ({ level, msg, fields }));
