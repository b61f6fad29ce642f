import { setTimeout } from "node:timers/promises";
import { AnchorageError } from "../../src/errors.ts";
import type { WorkerContext } from "../../src/worker.ts";

export interface SampleCalls {
  readonly addSlowly: (value: number) => Promise<{ readonly sum: number; readonly call: number }>;
  readonly shift: (values: Float64Array) => Float64Array;
  /** How many values the thread keeps of what it answered with last. */
  readonly lengthOfLast: () => number;
  readonly refuse: (how: "domain" | "other") => never;
  readonly exit: (code: number) => Promise<void>;
  readonly crash: (message: string) => Promise<void>;
  readonly count: (to: number) => void;
  readonly untilStopped: () => Promise<void>;
  /** Never gives the thread back; `notify` tells that it has begun. */
  readonly spin: () => void;
  /** Keeps more and more values. */
  readonly hoard: () => number;
}

export const open = (
  { offset }: { readonly offset: number } = { offset: 0 },
  { signal, notify, move }: WorkerContext,
): SampleCalls => {
  if (Number.isNaN(offset)) throw new RangeError("the offset must be a number");
  let calls = 0;
  let last = new Float64Array(0);
  return {
    addSlowly: async (value) => {
      const call = ++calls;
      await setTimeout(10 * value);
      return { sum: offset + value, call };
    },
    shift: (values) => {
      last = values.map((value) => value + offset);
      return move(last, [last.buffer]);
    },
    lengthOfLast: () => last.length,
    refuse: (how) => {
      if (how === "other") throw new Error("plainly wrong");
      throw new AnchorageError("unprocessable", "not so", {
        faults: [{ path: ["a", "b"], message: "wrong" }],
      });
    },
    exit: (code) => process.exit(code),
    crash: (message) =>
      new Promise(() => {
        setImmediate(() => {
          throw new Error(message);
        });
      }),
    count: (to) => {
      for (let i = 1; i <= to; i++) notify(i);
    },
    untilStopped: async () => {
      while (!signal.aborted) await setTimeout(5);
    },
    spin: () => {
      notify("spinning");
      for (;;);
    },
    hoard: () => {
      const kept: number[][] = [];
      for (;;) kept.push(new Array<number>(1_000).fill(kept.length));
    },
  };
};
