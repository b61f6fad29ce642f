import type { ComponentChildren } from "preact";
import { AnchorageApiError, UnauthorizedError } from "../../../src/features/client.ts";

/** What went wrong, in the service's own words, with one thing to do about it. */
export const Problem = ({ error, children }: { error: unknown; children?: ComponentChildren }) => {
  // The form for the key is shown in its place.
  if (error === null || error === undefined || error instanceof UnauthorizedError) return null;
  const requestId = error instanceof AnchorageApiError ? error.problem.requestId : undefined;
  return (
    <div class="problem" role="alert">
      <p>{error instanceof Error ? error.message : "Something went wrong in this page."}</p>
      {children}
      {requestId !== undefined && (
        <details class="small">
          <summary>Details</summary>
          Request <code>{requestId}</code>, as in the service's log.
        </details>
      )}
    </div>
  );
};
