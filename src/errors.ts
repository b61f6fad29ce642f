/** The domain's errors. The HTTP layer maps each to `application/problem+json` in one place. */

import type { ProblemCode } from "./api/problem.ts";

/** One fault in the input: its path, such as `anchors.3.imageVector`, and what is wrong there. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** The codes of the HTTP API's problems, and those that occur only while opening Anchorage or its files. */
export type ErrorCode = ProblemCode | "data-dir-busy" | "unsupported-model" | "corrupt-file";

/**
 * An error that the caller can understand and act on. Any other thrown value is a bug in Anchorage.
 *
 * @example
 * ```ts
 * throw new AnchorageError("conflict", "The collection exists already.");
 * ```
 */
export class AnchorageError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly FieldFault[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { faults?: readonly FieldFault[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AnchorageError";
    this.code = code;
    this.faults = options.faults ?? [];
  }
}

/** Whether a caught value is an {@link AnchorageError}. */
export const isAnchorageError = (error: unknown): error is AnchorageError => error instanceof AnchorageError;

/**
 * An `invalid-input` error for one field.
 *
 * @param path the field's path in the caller's input, such as `anchors.3.imageVector`
 * @example
 * ```ts
 * throw invalidField("k", "must be at least 1");
 * ```
 */
export const invalidField = (path: string, message: string): AnchorageError =>
  new AnchorageError("invalid-input", `${path}: ${message}`, { faults: [{ path, message }] });

/** A copy of `error` with `prefix.` before the path of each fault, for a caller that knows the enclosing path. */
export const atPath = (prefix: string, error: AnchorageError): AnchorageError =>
  new AnchorageError(error.code, error.message, {
    faults: error.faults.map((fault) => ({
      path: fault.path === "" ? prefix : `${prefix}.${fault.path}`,
      message: fault.message,
    })),
    cause: error,
  });

/** A `not-found` error, for example `notFound("collection", "cats")`. */
export const notFound = (what: string, id: string): AnchorageError =>
  new AnchorageError("not-found", `There is no ${what} "${id}".`);

/**
 * Looks up the entry for `kind` in a table with one entry per kind.
 *
 * @param what the noun for the error message, such as "transform"
 * @throws AnchorageError `invalid-input` if the table has no such kind. Types do not rule this out for values read from
 * outside, and a missing entry must not fall through to another kind's.
 * @example
 * ```ts
 * entryOf({ center: 1, whiten: 2 }, "center", "transform"); // 1
 * ```
 */
export const entryOf = <Kind extends string, Entry>(
  table: Readonly<Record<Kind, Entry>>,
  kind: Kind,
  what: string,
): Entry => {
  if (Object.hasOwn(table, kind)) return table[kind];
  throw new AnchorageError("invalid-input", `There is no ${what} "${kind}".`);
};

/** The message of any thrown value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
