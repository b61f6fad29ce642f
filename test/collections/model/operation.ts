import { expect } from "vitest";
import type { NaiveState } from "../../support/naive-collection.ts";
import type { Who, World } from "./world.ts";

/** What an operation was answered, to be judged when every write up to its sequence is known. */
export interface Outcome {
  /** Of which the answer says that it is; null where it says nothing. */
  readonly sequence: number | null;
  /** Does to the naive collection what a write did; judged in the order of sequences. */
  readonly write?: () => void;
  readonly judge?: (state: NaiveState) => void;
  /** Looks at what else must hold when all is judged. */
  readonly after?: () => Promise<void>;
}

/** One call of one process. */
export interface Operation {
  readonly label: string;
  /** Whether its answer can only be judged where nothing else happens meanwhile. */
  readonly alone: boolean;
  /** @param alone whether nothing else happens meanwhile */
  readonly run: (world: World, who: Who, alone: boolean) => Promise<Outcome>;
}

export interface Call {
  readonly who: Who;
  readonly operation: Operation;
}

/** Makes the calls at once, puts what was written in the order of sequences, and judges every answer. */
export const perform = async (world: World, calls: readonly Call[]): Promise<void> => {
  const { naive, sides } = world;
  const before = sides.map(({ seen }) => seen);
  const outcomes = await Promise.all(
    calls.map(async ({ who, operation }) => ({
      who,
      ...(await operation.run(world, who, calls.length === 1)),
    })),
  );
  const inOrder = outcomes.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  for (const { sequence, write } of inOrder) {
    if (write === undefined) continue;
    expect(sequence, "each write takes the next sequence").toBe(naive.sequence() + 1);
    write();
  }
  for (const { who, sequence, judge } of inOrder) {
    if (sequence !== null) {
      expect(sequence, "no answer is older than what the process knew").toBeGreaterThanOrEqual(
        before[who] ?? 0,
      );
      expect(sequence, "no answer is of a write that nobody made").toBeLessThanOrEqual(naive.sequence());
      sides[who].seen = Math.max(sides[who].seen, sequence);
    }
    judge?.(naive.at(sequence ?? naive.sequence()));
  }
  for (const { after } of inOrder) await after?.();
};
