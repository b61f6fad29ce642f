import { setTimeout } from "node:timers/promises";
import { AnchorageError, messageOf } from "../../errors.ts";

/** How a server is asked, and for how long. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Before the second attempt, in milliseconds; doubled before each further one. */
  readonly retryMs: number;
}

const ATTEMPTS = 6;

/** A fault that may be gone a moment later, such as a cut connection. */
export class PassingFault extends Error {}

/**
 * Does `attempt` again, at growing intervals, where it fails by a {@link PassingFault}; `attempt` says by its argument
 * whether it came further this time, which starts the count anew.
 *
 * @throws AnchorageError `cancelled` where the signal is aborted, `unavailable` where the last attempt fails as well.
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
      // Aborting shows as whatever the step in hand makes of it.
      stopWhere(signal);
      if (!(error instanceof PassingFault)) throw error;
      failures++;
      if (failures >= ATTEMPTS) throw new AnchorageError("unavailable", error.message, { cause: error });
      await setTimeout(retryMs * 2 ** (failures - 1), undefined, { signal }).catch(() => undefined);
    }
  }
};

const stopWhere = ({ aborted }: AbortSignal): void => {
  if (aborted) throw new AnchorageError("cancelled", "Stopped before the encoder was whole.");
};

/** One GET, redirects followed. @throws PassingFault where there is no answer, or one that may be another soon. */
export const get = async (
  url: URL,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  let response: Response;
  try {
    // Compressed, a file could neither be resumed nor be held against its size.
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

/** `fetch` tells what happened only in the cause of its error. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
