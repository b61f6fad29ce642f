import { AnchorageError } from "../errors.ts";
import { createTurns } from "../math/slices.ts";

/** Values of an answer that are written at once, in a few milliseconds. */
const VALUES_AT_ONCE = 4_000;
/** Characters of one chunk. */
const CHUNK = 64 * 1024;
/** Values of all answers that are being sent: what slow readers can hold. */
const MAX_VALUES_HELD = 16_000_000;

let held = 0;

/** Whether an answer is written in chunks, because it has too many values to write at once. */
export const isLargeAnswer = (value: unknown): boolean => countValues(value, VALUES_AT_ONCE) > VALUES_AT_ONCE;

/** @throws AnchorageError `unprocessable` where the answer would be longer than a string can be */
export const jsonTextOf = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new AnchorageError("unprocessable", "The answer would be too large to send; ask for less of it.", {
      cause,
    });
  }
};

const countValues = (value: unknown, limit: number): number => {
  // A long text takes as much memory as numbers do, at 8 bytes each.
  if (typeof value === "string") return 1 + (value.length >>> 3);
  if (typeof value !== "object" || value === null) return 1;
  // Lists of numbers are not counted one by one.
  if (Array.isArray(value) && typeof value[0] === "number") return 1 + value.length;
  let count = 1;
  for (const item of Array.isArray(value) ? value : Object.values(value))
    if ((count += countValues(item, limit - count)) > limit) break;
  return count;
};

/**
 * Writes JSON in chunks as the peer reads them, with time for other requests between them.
 *
 * @throws AnchorageError `unavailable` while the answers that are being read hold too much memory
 */
export const streamJson = (value: unknown): ReadableStream<Uint8Array> => {
  const values = countValues(value, MAX_VALUES_HELD);
  if (held > 0 && held + values > MAX_VALUES_HELD)
    throw new AnchorageError("unavailable", "Too many large answers are being read; try again.");
  let isHeld = false;
  const hold = (): void => {
    if (!isHeld) held += values;
    isHeld = true;
  };
  const release = (): void => {
    if (isHeld) held -= values;
    isHeld = false;
  };
  const pieces = piecesOf(value);
  const turn = createTurns();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        // Not before: an answer whose reader never comes is not cancelled either.
        hold();
        let chunk = "";
        while (chunk.length < CHUNK) {
          await turn();
          const next = pieces.next();
          if (next.done === true) {
            if (chunk !== "") controller.enqueue(encoder.encode(chunk));
            controller.close();
            release();
            return;
          }
          chunk += next.value;
        }
        controller.enqueue(encoder.encode(chunk));
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
};

/** The text of `JSON.stringify(value)` in pieces. */
export function* piecesOf(value: unknown): Generator<string, void> {
  if (isScalar(value) || !isLargeAnswer(value) || isCustom(value)) {
    yield JSON.stringify(value);
    return;
  }
  if (Array.isArray(value)) {
    yield "[";
    for (let i = 0, first = 0; i < value.length; first = i) {
      const item: unknown = value[i];
      const separator = i === 0 ? "" : ",";
      if (isScalar(item)) {
        while (i < value.length && i - first < VALUES_AT_ONCE && isScalar(value[i])) i++;
        yield separator + JSON.stringify(value.slice(first, i)).slice(1, -1);
      } else {
        yield separator;
        yield* piecesOf(item);
        i++;
      }
    }
    yield "]";
    return;
  }
  let separator = "{";
  for (const [key, item] of Object.entries(value as object)) {
    if (item === undefined) continue;
    yield `${separator}${JSON.stringify(key)}:`;
    yield* piecesOf(item);
    separator = ",";
  }
  yield separator === "{" ? "{}" : "}";
}

const isScalar = (value: unknown): boolean => typeof value !== "object" || value === null;

/** Values that say themselves how they are written, such as dates. */
const isCustom = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function";
