/**
 * The domain's errors. Each is thrown where it is known and mapped to `application/problem+json` once, in http/.
 */

import type { ProblemCode } from "./api/problem.ts";

/** One fault in what was sent: where (a path such as `anchors.3.imageVector`) and what is wrong with it. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** What a request can meet, and what only opening Anchorage or its files can meet. */
export type ErrorCode = ProblemCode | "data-dir-busy" | "unsupported-model" | "corrupt-file";

/** An error that a caller can understand and act on. Anything else that is thrown is a defect of ours. */
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

export const isAnchorageError = (error: unknown): error is AnchorageError => error instanceof AnchorageError;

/** One field is wrong: `path` names it as the caller wrote it. */
export const invalidField = (path: string, message: string): AnchorageError =>
  new AnchorageError("invalid-input", `${path}: ${message}`, { faults: [{ path, message }] });

/** The same error with `prefix.` before the path of each fault, for a caller that knows where the value stood. */
export const atPath = (prefix: string, error: AnchorageError): AnchorageError =>
  new AnchorageError(error.code, error.message, {
    faults: error.faults.map((fault) => ({
      path: fault.path === "" ? prefix : `${prefix}.${fault.path}`,
      message: fault.message,
    })),
    cause: error,
  });

export const notFound = (what: string, id: string): AnchorageError =>
  new AnchorageError("not-found", `There is no ${what} "${id}".`);

/**
 * The entry for `kind` in a table that has one for each kind.
 *
 * @throws AnchorageError `invalid-input` for a kind that the table lacks, which types alone cannot keep out: nothing may
 * then be done by the entry of another kind
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

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
