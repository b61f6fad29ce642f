/**
 * The domain's errors. Each is thrown where it is known and mapped to `application/problem+json` once, in http/.
 */

/** One fault in what was sent: where (a path such as `anchors.3.imageVector`) and what is wrong with it. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

export type ErrorCode =
  | "invalid-input"
  | "not-found"
  | "conflict"
  | "too-large"
  | "unsupported-media-type"
  | "unprocessable"
  | "unauthorized"
  | "unavailable"
  | "data-dir-busy"
  | "unsupported-model"
  | "corrupt-file"
  | "cancelled";

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

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
