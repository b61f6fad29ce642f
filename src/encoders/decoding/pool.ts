import { AnchorageError } from "../../errors.ts";
import { availableThreads } from "../../machine-limits.ts";
import { memoryState } from "../../memory-budget.ts";
import { tooMuchMemory, unreadable } from "./image-fault.ts";
import type { DecodeOutcome } from "./decoder.ts";
import { DEFAULT_MAX_PIXELS } from "./image-limits.ts";
import { createLane, type Lane, type LaneSize } from "./lane.ts";
import type { DecodeJob, Exceeded, LaneLimits } from "./types.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** Larger files go to the heavy lane at once, because the process holds the file beside the image. */
const QUICK_FILE_BYTES = 24 * MIB;

const QUICK: LaneLimits = { lane: "quick", cpuMs: 500, wallMs: 10_000, memory: 192 * MIB };
/** Enough for 36 million pixels of AVIF, and for 200 million of interlaced PNG. */
const HEAVY: LaneLimits = { lane: "heavy", cpuMs: 4_000, wallMs: 20_000, memory: 768 * MIB };

const WAITING = { waiting: 1_024, waitingBytes: 256 * MIB, waitMs: 60_000 } as const;

/** Limits of a pool, in the place of the usual ones. */
interface PoolOptions {
  readonly quick?: Partial<LaneLimits>;
  readonly heavy?: Partial<LaneLimits>;
  readonly size?: Partial<LaneSize>;
}

/** Does a job in a process of a pool, as {@link decodeInPool}. */
export type Decode = (job: DecodeJob, bytes: Uint8Array) => Promise<Uint8Array>;

/**
 * Creates a pool: one to three processes for almost every image, and one for those that need much time or memory.
 * Together they take at most 1.2 GB on up to four cores, 1.4 GB on more, and less where memory is limited to below 3 GiB.
 */
export const createDecodePool = (options: PoolOptions = {}): Decode => {
  const quickLimits: LaneLimits = { ...QUICK, ...options.quick };
  const heavyLimits: LaneLimits = { ...HEAVY, memory: heavyMemory(), ...options.heavy };
  const processes = quickProcesses();
  const quick = createLane(quickLimits, { processes, idleMs: 120_000, ...WAITING, ...options.size });
  // By a factor: an operator who allows larger images (MAX_MEGAPIXELS) allows more memory.
  const lanes = new Map<number, { readonly lane: Lane; readonly limits: LaneLimits }>();
  const heavyFor = (scale: number) => {
    const known = lanes.get(scale);
    if (known !== undefined) return known;
    const { memory, cpuMs } = heavyLimits;
    const limits = { ...heavyLimits, memory: memory * scale, cpuMs: cpuMs * scale };
    const lane = createLane(limits, { ...WAITING, ...options.size, processes: 1, idleMs: 5_000 });
    const made = { lane, limits };
    lanes.set(scale, made);
    return made;
  };
  return async (job, bytes) => {
    if (bytes.length <= QUICK_FILE_BYTES) {
      const first = await quick.run(job, bytes);
      if ("reply" in first && !("heavy" in first.reply)) return resultOf(first, quickLimits);
    }
    const scale = "maxPixels" in job ? Math.max(1, job.maxPixels / DEFAULT_MAX_PIXELS) : 1;
    const { lane, limits } = heavyFor(scale);
    return resultOf(await lane.run(job, bytes), limits);
  };
};

const quickProcesses = (): number => {
  const threads = availableThreads();
  if (threads === 1 || memoryState().limit < GIB) return 1;
  return threads > 4 ? 3 : 2;
};

const heavyMemory = (): number => Math.max(QUICK.memory, Math.min(HEAVY.memory, memoryState().limit / 4));

let shared: Decode | undefined;

/**
 * Does a job in another process, within limits of time and memory. A process that exceeds them is ended and another
 * takes its place. Everything in this process shares one pool. No process runs before the first job, and none keeps this
 * process alive.
 *
 * @throws AnchorageError `invalid-input` (with an empty path) if the bytes are not an image that is accepted, or if
 * decoding it exceeds the limits
 * @throws AnchorageError `unavailable` while too many images wait
 */
export const decodeInPool: Decode = (job, bytes) => {
  shared ??= createDecodePool();
  return shared(job, bytes);
};

const resultOf = (outcome: DecodeOutcome, limits: LaneLimits): Uint8Array => {
  if ("exceeded" in outcome) throw exceeded(outcome.exceeded, limits);
  if ("done" in outcome.reply) return outcome.payload;
  const { message, faults } =
    "failed" in outcome.reply ? outcome.reply.failed : { message: "the decoder passes a file on and on" };
  if (faults === undefined) throw new Error(message);
  throw new AnchorageError("invalid-input", message, { faults });
};

const exceeded = (why: Exceeded, { cpuMs, memory }: LaneLimits): AnchorageError => {
  switch (why) {
    case "time":
      return unreadable(`takes more than ${Math.round(cpuMs / 1000)} s to decode, which is the bound here`);
    case "memory":
      return tooMuchMemory(memory);
    case "crash":
      return unreadable("cannot be decoded: the decoder ended while it read it");
  }
};
