import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";

/** SQLSTATE classes and codes (PostgreSQL manual, appendix A) of transient errors: a retry may succeed. */
const PASSING_CLASSES = new Set(["08", "53", "58"]);
const PASSING_CODES = new Set([
  "40001",
  "40P01",
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "25P03",
  "25006",
  "55P03",
  "57014",
]);
const DISK_FULL = "53100";
const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
]);
/** pg reports these without a code. */
const LOST_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Client was closed|Cannot use a pool after|Called end on pool)/;
/** Text or JSON that Postgres cannot store: U+0000 or an unpaired surrogate. */
const UNSTORABLE_TEXT = new Set(["22021", "22P02", "22P05"]);

/** Iterates over `error` and its causes, because drizzle and others wrap pg's errors. */
const causes = function* (
  error: unknown,
): Generator<Error & { readonly code?: unknown; readonly constraint?: unknown }> {
  for (let at = error; at instanceof Error; at = at.cause) {
    yield at;
    if (at instanceof AggregateError) for (const inner of at.errors) yield* causes(inner);
  }
};

/** Whether `error` is a violation of the unique constraint `name`. */
export const violatesUnique = (error: unknown, name: string): boolean => {
  for (const cause of causes(error)) if (cause.code === "23505" && cause.constraint === name) return true;
  return false;
};

const isPassing = (code: string): boolean =>
  PASSING_CLASSES.has(code.slice(0, 2)) || PASSING_CODES.has(code) || NETWORK_CODES.has(code);

/**
 * Converts the error of a failed query to a domain error: `unavailable` if Postgres cannot be reached, is shutting down
 * or out of resources, `invalid-input` if a text cannot be stored. Any other error is a bug and is returned unchanged.
 */
export const asDomainError = (error: unknown): unknown => {
  if (isAnchorageError(error)) return error;
  for (const cause of causes(error)) {
    const code = typeof cause.code === "string" ? cause.code : "";
    if (code === DISK_FULL)
      return new AnchorageError("unavailable", `The disk of Postgres is full: ${messageOf(cause)}`, {
        cause: error,
      });
    if (isPassing(code) || LOST_CONNECTION.test(cause.message))
      return new AnchorageError(
        "unavailable",
        `Postgres cannot be reached or refuses: ${messageOf(cause) || code}`,
        {
          cause: error,
        },
      );
    if (UNSTORABLE_TEXT.has(code))
      return new AnchorageError("invalid-input", `A text cannot be stored: ${cause.message}`, {
        cause: error,
      });
  }
  return error;
};
