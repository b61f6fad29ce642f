import type { Ranked } from "./best-rows.ts";

/** Places of a mailbox, which is 64 bytes: how many jobs were posted and done, and how the last one's answer comes. */
export const MAILBOX = { words: 16, posted: 0, done: 1, kind: 2, count: 3 } as const;

/** How an answer comes: rows in shared memory, another value as a message, or an error's text as a message. */
export const ANSWER = { rows: 0, message: 1, failure: 2 } as const;

/** Rows that fit into the shared memory of an answer. */
const ROWS = 16_384;

/** The memory that the main thread shares with one worker. */
export interface Mail {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly slots: Int32Array<SharedArrayBuffer>;
  readonly scores: Float32Array<SharedArrayBuffer>;
}

export const createMail = (): Mail => ({
  words: new Int32Array(new SharedArrayBuffer(4 * MAILBOX.words)),
  slots: new Int32Array(new SharedArrayBuffer(4 * ROWS)),
  scores: new Float32Array(new SharedArrayBuffer(4 * ROWS)),
});

/** Writes rows into shared memory; false where they are too many. */
export const writeRows = ({ words, slots, scores }: Mail, ranked: Ranked): boolean => {
  if (ranked.slots.length > ROWS) return false;
  slots.set(ranked.slots);
  scores.set(ranked.scores);
  words[MAILBOX.count] = ranked.slots.length;
  return true;
};

/** A copy of the rows in shared memory. */
export const copyRows = ({ words, slots, scores }: Mail): Ranked => {
  const count = words[MAILBOX.count] ?? 0;
  const ranked = { slots: new Int32Array(count), scores: new Float32Array(count) };
  ranked.slots.set(slots.subarray(0, count));
  ranked.scores.set(scores.subarray(0, count));
  return ranked;
};
