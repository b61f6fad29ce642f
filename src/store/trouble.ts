import { AnchorageError, isAnchorageError, messageOf } from "../errors.ts";

/** SQLSTATE classes and codes (PostgreSQL manual, appendix A) after which the same request may succeed later. */
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
/** pg gives these no code. */
const LOST_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Client was closed|Cannot use a pool after|Called end on pool)/;
/** Text or JSON that no Postgres text can hold: U+0000 or half of a surrogate pair. */
const UNSTORABLE_TEXT = new Set(["22021", "22P02", "22P05"]);

/** The error of pg that `error` is or was caused by (drizzle and others wrap it). */
const causes = function* (
  error: unknown,
): Generator<Error & { readonly code?: unknown; readonly constraint?: unknown }> {
  for (let at = error; at instanceof Error; at = at.cause) {
    yield at;
    if (at instanceof AggregateError) for (const inner of at.errors) yield* causes(inner);
  }
};

/** Whether `error` says that a row stood already under the unique constraint `name`. */
export const violatesUnique = (error: unknown, name: string): boolean => {
  for (const cause of causes(error)) if (cause.code === "23505" && cause.constraint === name) return true;
  return false;
};

const isPassing = (code: string): boolean =>
  PASSING_CLASSES.has(code.slice(0, 2)) || PASSING_CODES.has(code) || NETWORK_CODES.has(code);

/**
 * What a failed query means to a caller: `unavailable` where Postgres cannot be reached, is stopping or out of
 * resources, `invalid-input` where a text cannot be stored; any other error as it is, being a defect of ours.
 */
export const asDomainError = (error: unknown): unknown => {
  if (isAnchorageError(error)) return error;
  for (const cause of causes(error)) {
    const code = typeof cause.code === "string" ? cause.code : "";
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
