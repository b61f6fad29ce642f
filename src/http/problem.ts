import type { Context } from "hono";
import { PROBLEM_CODES, type Problem, type ProblemCode } from "../api/problem.ts";
import { isAnchorageError, pathText, type ErrorCode, type FieldFault } from "../errors.ts";
import type { Log } from "../types.ts";
import { currentRequestId } from "./request-id.ts";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

const KINDS: Readonly<Record<ProblemCode, ProblemKind>> = {
  "invalid-input": { status: 400, title: "Invalid input" },
  unauthorized: { status: 401, title: "Unauthorized" },
  forbidden: { status: 403, title: "Forbidden" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "Conflict" },
  "too-large": { status: 413, title: "Too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported media type" },
  misdirected: { status: 421, title: "Misdirected request" },
  unprocessable: { status: 422, title: "Unprocessable" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "client-closed-request": { status: 499, title: "Client closed the request" },
  internal: { status: 500, title: "Internal error" },
  unavailable: { status: 503, title: "Unavailable" },
  "insufficient-memory": { status: 507, title: "Insufficient memory" },
  cancelled: { status: 503, title: "Cancelled" },
};

/** By the status of a problem that passes. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, string>> = { 429: "5", 503: "2" };
/** Every kind of problem that a request can meet, for the docs. */
export const PROBLEM_KINDS = PROBLEM_CODES.map((code) => ({ code, ...KINDS[code] }));

const makeProblem = (code: ProblemCode, detail: string, faults: readonly FieldFault[] = []): Problem => {
  const requestId = currentRequestId();
  return {
    type: `/docs#problem-${code}`,
    title: KINDS[code].title,
    status: KINDS[code].status,
    detail,
    ...(faults.length === 0
      ? {}
      : { errors: faults.map(({ path, message }) => ({ path: pathText(path), keys: path, message })) }),
    ...(requestId === undefined ? {} : { requestId }),
  };
};

/** The problem document for a thrown value. A defect is logged; the client gets no internal details. */
export const problemOf = (error: unknown, log: Log): Problem => {
  if (isAnchorageError(error) && isProblemCode(error.code) && error.code !== "internal") {
    const made = makeProblem(error.code, error.message, error.faults);
    const problem = error.neededBytes === null ? made : { ...made, neededBytes: error.neededBytes };
    const [list, line] = error.faults[0]?.path ?? [];
    return list === "lines" && typeof line === "number" ? { ...problem, line } : problem;
  }
  log.error("defect", { error });
  return makeProblem("internal", "The service met a defect of its own. Its log says more.");
};

/** An error of another code cannot be caused by a request: it is a defect of the service. */
const isProblemCode = (code: ErrorCode): code is ProblemCode => Object.hasOwn(KINDS, code);

/** A problem that a request meets before any domain code. */
export interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer as either server sends it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const replyToRefusal = ({ code, detail, headers }: Refusal): Reply =>
  replyOf(makeProblem(code, detail), headers);

/** Answers with a problem that a request meets before any domain code. */
export const refuse = (refusal: Refusal): Response => responseOf(replyToRefusal(refusal));

const replyOf = (problem: Problem, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: problem.status,
  headers: {
    "Content-Type": "application/problem+json",
    ...retryAfter(problem.status),
    ...headers,
  },
  body: JSON.stringify(problem),
});

const responseOf = ({ status, headers, body }: Reply): Response => new Response(body, { status, headers });

const retryAfter = (status: number): Record<string, string> => {
  const seconds = RETRY_AFTER_SECONDS[status];
  return seconds === undefined ? {} : { "Retry-After": seconds };
};

/**
 * The one place where what was thrown becomes an answer.
 *
 * @param gone whether the client has disconnected: that its body could not be read is no defect then
 */
export const replyToError = (error: unknown, gone: boolean, log: Log): Reply =>
  gone && !isAnchorageError(error)
    ? replyToRefusal({ code: "client-closed-request", detail: "The request was given up." })
    : replyOf(problemOf(error, log));

/** {@link replyToError} for the framework. */
export const answerError = (error: unknown, c: Context, log: Log): Response =>
  responseOf(replyToError(error, c.req.raw.signal.aborted, log));
