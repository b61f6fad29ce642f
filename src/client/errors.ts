import type { Problem } from "../api/problem.ts";

/** What the service refused or could not do; `problem` is what it said (RFC 9457). */
export class AnchorageApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title} (${problem.status}): ${problem.detail}`);
    this.name = "AnchorageApiError";
    this.status = problem.status;
    this.problem = problem;
  }
}

/** The error of an answer that is not a success, whoever gave it. */
export const errorOf = async (response: Response): Promise<AnchorageApiError> => {
  const text = await response.text();
  return new AnchorageApiError(
    problemIn(text) ?? {
      type: "about:blank",
      title: response.statusText === "" ? "Error" : response.statusText,
      status: response.status,
      detail: text.slice(0, 500),
    },
  );
};

const problemIn = (text: string): Problem | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isProblem(value) ? value : null;
  } catch {
    // A proxy's page, or nothing at all.
    return null;
  }
};

/** Tells the last line of a stream that went wrong from a result. */
export const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "status" in value && "title" in value && "detail" in value;
