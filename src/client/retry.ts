import { AnchorageApiError } from "./errors.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;
/** A service that asks for a longer pause is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000;
const RETRIED_STATUSES = [429, 503];

/**
 * Milliseconds to wait before a call is sent again, with full jitter, so that many clients do not come back together.
 *
 * @param sent how often the call was sent, from 1
 * @param error why it failed
 * @returns null if sending it again would not help
 */
export const waitBefore = (sent: number, error: unknown): number | null => {
  const jitter = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (sent - 1));
  // fetch rejects with a TypeError where the connection cannot be made or breaks.
  if (error instanceof TypeError) return jitter;
  if (!(error instanceof AnchorageApiError) || !RETRIED_STATUSES.includes(error.status)) return null;
  const { retryAfterMs = 0 } = error;
  return retryAfterMs > LONGEST_RETRY_AFTER_MS ? null : retryAfterMs + jitter;
};
