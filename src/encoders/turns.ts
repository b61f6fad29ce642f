type Work = () => Promise<void>;

/** Lets one piece of work run at a time. */
export interface Turns {
  /**
   * Runs `work` in its turn. Where small and large work wait, they take turns, so that a single query passes a long
   * import, which goes on none the less.
   */
  readonly take: <T>(size: "small" | "large", work: () => Promise<T>) => Promise<T>;
}

export const createTurns = (): Turns => {
  const waiting: Readonly<Record<"small" | "large", Work[]>> = { small: [], large: [] };
  let running = false;
  let last: "small" | "large" = "large";

  const next = async (): Promise<void> => {
    if (running) return;
    const preferred = last === "large" ? "small" : "large";
    const size = waiting[preferred].length > 0 ? preferred : last;
    const work = waiting[size].shift();
    if (work === undefined) return;
    running = true;
    last = size;
    await work();
    running = false;
    void next();
  };

  return {
    take: (size, work) =>
      new Promise((resolve, reject) => {
        waiting[size].push(() => work().then(resolve, reject));
        void next();
      }),
  };
};
