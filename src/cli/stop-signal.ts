/** Under `npm run` one Ctrl-C reaches the process twice, directly and through npm. */
const SAME_KEYSTROKE_MS = 500;
const INTERRUPTED = 130;

/**
 * Aborted by the first SIGINT or SIGTERM; a later one ends the process at once.
 *
 * @param onFirst called at the first
 */
export const stopSignal = (onFirst: () => void): AbortSignal => {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_KEYSTROKE_MS) process.exit(INTERRUPTED);
      return;
    }
    first = performance.now();
    onFirst();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
};
