type Work = () => Promise<void>;

/** Serialises work: one task runs at a time. */
export interface TaskQueue {
  /**
   * Queues `work`. If small and large tasks are waiting, they alternate, so that a single query does not wait for a long
   * import and the import still progresses.
   */
  readonly take: <T>(size: "small" | "large", work: () => Promise<T>) => Promise<T>;
}

/** Creates an empty queue. */
export const createTaskQueue = (): TaskQueue => {
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
