let last = -Infinity;

/** Notes that a search begins. */
export const noteSearch = (): void => {
  last = performance.now();
};

/** Milliseconds since the last search of this process began; Infinity before the first. */
export const sinceLastSearch = (): number => performance.now() - last;
