import type { Context } from "hono";
import { z } from "@hono/zod-openapi";
import { isAnchorageError, type ErrorCode, type FieldFault } from "../errors.ts";
import type { Log } from "../types.ts";

type ProblemCode =
  ErrorCode | "forbidden" | "method-not-allowed" | "misdirected" | "client-closed-request" | "internal";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

const INTERNAL: ProblemKind = { status: 500, title: "Internal error" };

/** What each error is over HTTP. Codes that no request can cause are defects of the service. */
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
  "client-closed-request": { status: 499, title: "Client closed the request" },
  unavailable: { status: 503, title: "Unavailable" },
  cancelled: { status: 503, title: "Cancelled" },
  internal: INTERNAL,
  "data-dir-busy": INTERNAL,
  "unsupported-model": INTERNAL,
  "corrupt-file": INTERNAL,
};

const RETRY_AFTER_SECONDS = "2";
/** How faults in a stream of lines are named. */
const LINE_PATH = /^lines\.(\d+)/;

export const problemSchema = z
  .object({
    type: z
      .string()
      .openapi({ description: "Names the kind of problem; the page of docs that explains it." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: "What is wrong in this request." }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: "Each fault with its place, such as `anchors.3.imageVector`." }),
    line: z
      .int()
      .optional()
      .openapi({ description: "In a stream of lines: the first that is wrong, from 1." }),
  })
  .openapi("Problem", {
    description: "RFC 9457 problem details, sent as `application/problem+json`.",
    example: {
      type: "/docs#problem-invalid-input",
      title: "Invalid input",
      status: 400,
      detail: "anchors.3.imageVector: has 63 values; this collection's dimension is 64",
      errors: [
        { path: "anchors.3.imageVector", message: "has 63 values; this collection's dimension is 64" },
      ],
    },
  });

/** RFC 9457 problem details. */
export type Problem = z.infer<typeof problemSchema>;

/** Every kind of problem that a request can meet, for the docs. */
export const PROBLEM_KINDS: readonly (ProblemKind & { readonly code: string })[] = Object.entries(KINDS)
  .filter(([code, kind]) => kind !== INTERNAL || code === "internal")
  .map(([code, kind]) => ({ code, ...kind }));

const makeProblem = (code: ProblemCode, detail: string, faults: readonly FieldFault[] = []): Problem => ({
  type: `/docs#problem-${code}`,
  title: KINDS[code].title,
  status: KINDS[code].status,
  detail,
  ...(faults.length === 0 ? {} : { errors: [...faults] }),
});

/** The problem of anything that was thrown; a defect is logged and told to the client without its insides. */
export const problemOf = (error: unknown, log: Log): Problem => {
  if (isAnchorageError(error) && KINDS[error.code] !== INTERNAL) {
    const problem = makeProblem(error.code, error.message, error.faults);
    const [, line] = LINE_PATH.exec(error.faults[0]?.path ?? "") ?? [];
    return line === undefined ? problem : { ...problem, line: Number(line) };
  }
  log(`defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return makeProblem("internal", "The service met a defect of its own. Its log says more.");
};

/** Answers with a problem that a request meets before any domain code. */
export const refuse = (code: ProblemCode, detail: string, headers: Record<string, string> = {}): Response =>
  sendProblem(makeProblem(code, detail), headers);

const sendProblem = (problem: Problem, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      "Content-Type": "application/problem+json",
      ...(problem.status === 503 ? { "Retry-After": RETRY_AFTER_SECONDS } : {}),
      ...headers,
    },
  });

/** The one place where what was thrown becomes an answer. */
export const answerError = (error: unknown, c: Context, log: Log): Response => {
  // Whoever asked is gone; the broken read of its body is no defect.
  if (c.req.raw.signal.aborted && !isAnchorageError(error))
    return refuse("client-closed-request", "The request was given up.");
  return sendProblem(problemOf(error, log));
};
