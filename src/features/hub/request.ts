import { setTimeout } from "node:timers/promises";
import { AnchorageError, messageOf } from "../../errors.ts";

/** How requests are sent and retried. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Delay before the second attempt, in milliseconds; it doubles before each further one. */
  readonly retryMs: number;
}

const ATTEMPTS = 6;

/** A transient fault, such as a dropped connection. */
export class PassingFault extends Error {}

/**
 * Retries `attempt` with exponential backoff while it fails with a {@link PassingFault}. `attempt` reports progress
 * through its argument, which resets the count.
 *
 * @throws AnchorageError `cancelled` if the signal is aborted, `unavailable` if the last attempt fails too.
 */
export const persist = async <T>(
  { signal, retryMs }: Patience,
  attempt: (cameFurther: () => void) => Promise<T>,
): Promise<T> => {
  for (let failures = 0; ;) {
    stopWhere(signal);
    try {
      return await attempt(() => (failures = 0));
    } catch (error) {
      // An abort surfaces as any error of the current step.
      stopWhere(signal);
      if (!(error instanceof PassingFault)) throw error;
      failures++;
      if (failures >= ATTEMPTS) throw new AnchorageError("unavailable", error.message, { cause: error });
      await setTimeout(retryMs * 2 ** (failures - 1), undefined, { signal }).catch(() => undefined);
    }
  }
};

const stopWhere = ({ aborted }: AbortSignal): void => {
  if (aborted) throw new AnchorageError("cancelled", "Stopped before all was downloaded.");
};

/** One GET, redirects followed. @throws PassingFault if there is no answer, or a transient one. */
export const get = async (
  url: URL,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  let response: Response;
  try {
    // A compressed body cannot be resumed, and its size cannot be checked.
    response = await fetch(url, { signal, headers: { "accept-encoding": "identity", ...headers } });
  } catch (error) {
    throw new PassingFault(`${url.host} does not answer: ${reasonOf(error)}`, { cause: error });
  }
  if (response.status === 408 || response.status === 429 || response.status >= 500) {
    await response.body?.cancel();
    throw new PassingFault(`${url.host} answers ${response.status} to ${url.pathname}`);
  }
  return response;
};

/** `fetch` gives the reason only in the cause of its error. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
