/**
 * Gives work a signal that aborts with another, or after some time. (In Node 20 a timeout that nobody but
 * `AbortSignal.any` knows of is lost when memory is collected, and never aborts.)
 *
 * @param ms whole
 */
export const withinTime = async <Value>(
  ms: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<Value>,
): Promise<Value> => {
  const controller = new AbortController();
  const leave = (): void => controller.abort(signal.reason);
  const timer = setTimeout(
    () => controller.abort(new DOMException(`It took longer than ${ms} ms`, "TimeoutError")),
    ms,
  );
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
};
