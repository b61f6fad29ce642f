const LOOK_EVERY_MS = 500;

/**
 * Calls `onGone` when the process's parent ends. Under `npm start`, npm sends SIGTERM only to the shell between it
 * and this process, and the shell ends without forwarding it.
 */
export const watchParent = (onGone: () => void): void => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
};
