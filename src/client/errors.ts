import type { Problem, ProblemCode } from "../api/problem.ts";
import { AnchorageError } from "../errors.ts";

/**
 * An error answer of Anchorage. Each code has its own class, such as {@link NotFoundError}; `faults` names the
 * invalid fields.
 *
 * @example
 * ```ts
 * try {
 *   await client.collection("birds").getAnchor("owl");
 * } catch (error) {
 *   if (!(error instanceof NotFoundError)) throw error;
 * }
 * ```
 */
export class AnchorageApiError extends AnchorageError {
  declare readonly code: ProblemCode;
  /** The HTTP status. */
  readonly status: number;
  /** The complete answer (RFC 9457). */
  readonly problem: Problem;
  /** How long the service asks to wait before the next request (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ProblemCode, problem: Problem, retryAfterMs?: number) {
    super(code, problem.detail, {
      faults: (problem.errors ?? []).map(({ keys, message }) => ({ path: keys, message })),
      neededBytes: problem.neededBytes,
    });
    this.name = new.target.name;
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

export class InvalidInputError extends AnchorageApiError {
  declare readonly code: "invalid-input";
}
export class UnauthorizedError extends AnchorageApiError {
  declare readonly code: "unauthorized";
}
export class ForbiddenError extends AnchorageApiError {
  declare readonly code: "forbidden";
}
export class NotFoundError extends AnchorageApiError {
  declare readonly code: "not-found";
}
export class MethodNotAllowedError extends AnchorageApiError {
  declare readonly code: "method-not-allowed";
}
export class ConflictError extends AnchorageApiError {
  declare readonly code: "conflict";
}
export class TooLargeError extends AnchorageApiError {
  declare readonly code: "too-large";
}
export class UnsupportedMediaTypeError extends AnchorageApiError {
  declare readonly code: "unsupported-media-type";
}
export class MisdirectedError extends AnchorageApiError {
  declare readonly code: "misdirected";
}
export class UnprocessableError extends AnchorageApiError {
  declare readonly code: "unprocessable";
}
export class TooManyRequestsError extends AnchorageApiError {
  declare readonly code: "too-many-requests";
}
export class ClientClosedRequestError extends AnchorageApiError {
  declare readonly code: "client-closed-request";
}
export class InternalError extends AnchorageApiError {
  declare readonly code: "internal";
}
export class UnavailableError extends AnchorageApiError {
  declare readonly code: "unavailable";
}
/** Memory would pass 90 % of its limit; `neededBytes` says how much it would take. */
export class InsufficientMemoryError extends AnchorageApiError {
  declare readonly code: "insufficient-memory";
}
export class CancelledError extends AnchorageApiError {
  declare readonly code: "cancelled";
}

const CLASSES: Readonly<Record<ProblemCode, typeof AnchorageApiError>> = {
  "invalid-input": InvalidInputError,
  unauthorized: UnauthorizedError,
  forbidden: ForbiddenError,
  "not-found": NotFoundError,
  "method-not-allowed": MethodNotAllowedError,
  conflict: ConflictError,
  "too-large": TooLargeError,
  "unsupported-media-type": UnsupportedMediaTypeError,
  misdirected: MisdirectedError,
  unprocessable: UnprocessableError,
  "too-many-requests": TooManyRequestsError,
  "client-closed-request": ClientClosedRequestError,
  internal: InternalError,
  unavailable: UnavailableError,
  "insufficient-memory": InsufficientMemoryError,
  cancelled: CancelledError,
};

/** The prefix of a problem's type before its code. */
const TYPE = /#problem-([a-z-]+)$/;

/**
 * The error for a problem. A problem of another server, or with a code that this client does not know, becomes
 * `unavailable`.
 */
export const errorOf = (problem: Problem, retryAfterMs?: number): AnchorageApiError => {
  const [, named = ""] = TYPE.exec(problem.type) ?? [];
  const code = isKnown(named) ? named : "unavailable";
  return new CLASSES[code](code, problem, retryAfterMs);
};

const isKnown = (code: string): code is ProblemCode => Object.hasOwn(CLASSES, code);

/** The error for an answer that is not a success. A proxy may have sent it. */
export const errorOfResponse = async (response: Response): Promise<AnchorageApiError> => {
  const text = await response.text();
  const { status, statusText } = response;
  const title = statusText === "" ? "Error" : statusText;
  const problem = problemIn(text) ?? { type: "about:blank", title, status, detail: text.slice(0, 500) };
  const seconds = response.headers.get("retry-after");
  return errorOf(problem, seconds !== null && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined);
};

const problemIn = (text: string): Problem | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isProblem(value) ? value : null;
  } catch {
    return null;
  }
};

/** Distinguishes the last line of a failed stream from a result. */
export const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  typeof value.type === "string" &&
  "status" in value &&
  "title" in value &&
  "detail" in value;
