import { totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AnchorageError } from "./errors.ts";
import { readMemoryGroup, type MemoryGroup } from "./machine-limits.ts";

/** Share of a limit that may be used: garbage, buffers and Postgres need the rest. */
const USABLE = 0.9;
/** Least time between two collections of garbage that a lack of memory causes; each stops the process for a while. */
const COLLECT_EVERY_MS = 10_000;
/** Of an anchor besides its vectors, as measured with a caption of 40 characters and two fields of metadata. */
export const BYTES_AN_ANCHOR = 400;

/** Memory that some work is about to take. */
export interface MemoryNeed {
  /** About how many bytes. */
  readonly bytes: number;
  /** Begins the message, such as `Loading collection "birds"`. */
  readonly what: string;
}

interface Bound extends MemoryGroup {
  readonly name: string;
}

const ownBytes = (): number => process.memoryUsage.rss();

let chosen: number | null = null;
let known: readonly Bound[] | undefined;
let reserved = 0;
/** The process's memory when the first of the present reservations was made, and what ended ones have added since. */
let baseline = 0;
let collectedAt = -Infinity;

const bounds = (): readonly Bound[] => {
  if (known !== undefined) return known;
  const group = readMemoryGroup();
  const own = (limit: number, name: string): Bound => ({ limit, name, used: ownBytes });
  known = [
    own(totalmem(), "this machine's memory"),
    ...(group === null || group.limit >= totalmem() ? [] : [{ ...group, name: "this container's limit" }]),
    ...(chosen === null ? [] : [own(chosen, "MEMORY_LIMIT")]),
  ];
  return known;
};

/**
 * Sets the limit of this process's memory, beside those of its container and of the machine.
 *
 * @param bytes null: none of its own
 */
export const limitMemory = (bytes: number | null): void => {
  chosen = bytes;
  known = undefined;
};

/**
 * The limit of memory that leaves least, and what is used of it, in bytes. A container's use includes its Postgres; against
 * `MEMORY_LIMIT` and the machine's memory this process alone counts.
 */
export const memoryState = (): { readonly limit: number; readonly used: number; readonly name: string } => {
  const states = bounds().map(({ limit, used, name }) => ({ limit, used: used(), name }));
  return states.reduce((least, state) =>
    USABLE * state.limit - state.used < USABLE * least.limit - least.used ? state : least,
  );
};

/** Reserved bytes that the work they are for has not taken yet. */
const pending = (): number => Math.max(0, reserved - Math.max(0, ownBytes() - baseline));

const collectGarbage = (): void => {
  const now = performance.now();
  if (now - collectedAt < COLLECT_EVERY_MS) return;
  collectedAt = now;
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
};

const freeBytes = (): number => {
  const { limit, used } = memoryState();
  return Math.max(0, Math.floor(USABLE * limit - used - pending()));
};

/**
 * Refuses work whose memory would pass 90 % of a limit: the container's, `MEMORY_LIMIT`, or the machine's memory.
 *
 * @throws AnchorageError `insufficient-memory` with `neededBytes`
 * @example
 * ```ts
 * requireMemory({ bytes: rows.byteLength, what: "Another copy of the vectors" });
 * ```
 */
export const requireMemory = ({ bytes, what }: MemoryNeed): void => {
  if (bytes <= freeBytes()) return;
  collectGarbage();
  if (bytes <= freeBytes()) return;
  const { limit, name } = memoryState();
  throw new AnchorageError(
    "insufficient-memory",
    `${what} needs ${Math.ceil(bytes)} bytes of memory, but ${freeBytes()} are left of 90 % of ${name}, ${limit} bytes.`,
    { neededBytes: Math.ceil(bytes) },
  );
};

/**
 * Does work that takes memory, which other work cannot be given meanwhile.
 *
 * @throws AnchorageError `insufficient-memory` as {@link requireMemory}, before the work begins
 * @example
 * ```ts
 * const copy = await withMemory({ bytes: rows.byteLength, what: "A copy" }, async () => rows.slice());
 * ```
 */
export const withMemory = async <T>(need: MemoryNeed, work: () => Promise<T>): Promise<T> => {
  requireMemory(need);
  if (reserved === 0) baseline = ownBytes();
  reserved += need.bytes;
  try {
    return await work();
  } finally {
    reserved -= need.bytes;
    baseline += need.bytes;
  }
};
