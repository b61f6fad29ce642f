const LOOK_EVERY_MS = 500;

/**
 * Calls `onGone` when the process's parent ends. Under `npm start` a shell stands between npm and this process: npm
 * passes a SIGTERM to that shell, which ends and passes nothing on.
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
