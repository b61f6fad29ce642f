import { setTimeout as pause } from "node:timers/promises";
import { createRandom } from "../../src/math/random.ts";
import type { Fault, Prepared } from "./fault.ts";
import { openMeter, type Figures } from "./meter.ts";
import { openStage } from "./stage.ts";

/** In a round that lasts longer, something hangs. */
const LONGEST_ROUND_MS = 600_000;
/** A request that stops all others for so long is a fault; time in which other programs had the processor does not count. */
const LONGEST_GAP_MS = 2_000;

/** The rounds of one fault. */
export interface Tally {
  readonly fault: Fault;
  /** Why it was not tried here, or null. */
  readonly notHere: string | null;
  rounds: number;
  /** Rounds in which something was wrong. */
  faulty: number;
  readonly figures: Figures[];
  /** One for each time that the fault was prepared. */
  readonly summaries: string[];
}

export interface RunOptions {
  /** The first round of each fault has this seed, each next one the next. */
  readonly seed: number;
  readonly makeDataDir: () => Promise<string>;
  /** Asked before each round with how many there were. */
  readonly isOver: (rounds: number) => boolean;
  /** Whether a person has ended the run, so that nothing counts any more. */
  readonly isStopped: () => boolean;
  /** Told of a round in which something was wrong. */
  readonly onFault: (fault: Fault, seed: number, found: readonly string[]) => void;
}

/** Tries faults in turns, each by its share, until `isOver`; no service runs afterwards. */
export const runChaos = async (faults: readonly Fault[], options: RunOptions): Promise<readonly Tally[]> => {
  const { seed, makeDataDir, isOver, isStopped, onFault } = options;
  const tallies = faults.map((fault): Tally => ({
    fault,
    notHere: fault.notHere?.() ?? null,
    rounds: 0,
    faulty: 0,
    figures: [],
    summaries: [],
  }));
  const here = tallies.filter(({ notHere }) => notHere === null);
  const prepared = new Map<Fault, Prepared>();
  const meter = openMeter();
  const { stage, lastWords, close } = openStage(makeDataDir, meter);

  const closeFault = async (tally: Tally): Promise<void> => {
    const opened = prepared.get(tally.fault);
    prepared.delete(tally.fault);
    const summary = opened?.summary?.() ?? "";
    if (summary !== "") tally.summaries.push(summary);
    await opened?.close?.();
  };

  const tryOnce = async (tally: Tally): Promise<void> => {
    const { fault } = tally;
    const roundSeed = seed + tally.rounds;
    const found: string[] = [];
    try {
      const opened = prepared.get(fault) ?? (await fault.prepare(stage));
      prepared.set(fault, opened);
      await meter.begin();
      found.push(...(await within(opened.round(createRandom(roundSeed)))));
      const figures = await meter.end();
      tally.figures.push(figures);
      const { gapMs, waitedMs } = figures;
      if (gapMs !== null && gapMs - waitedMs > LONGEST_GAP_MS)
        found.push(`the event loop stood still for ${Math.round(gapMs)} ms`);
      const words = lastWords();
      if (words !== null) found.push(`the service has ended: ${words}`);
    } catch (error) {
      found.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    if (isStopped()) return;
    tally.rounds++;
    if (found.length === 0) return;
    tally.faulty++;
    onFault(fault, roundSeed, found);
    await closeFault(tally);
  };

  try {
    for (let rounds = 0; !isOver(rounds) && !isStopped(); rounds++) {
      const [first, ...others] = here;
      if (first === undefined) break;
      const due = (tally: Tally): number => (tally.rounds + 1) / tally.fault.share;
      await tryOnce(others.reduce((least, tally) => (due(tally) < due(least) ? tally : least), first));
    }
  } finally {
    for (const tally of here) await closeFault(tally);
    await close();
    await meter.close();
  }
  return tallies;
};

const within = async <T>(round: Promise<T>): Promise<T> => {
  const late = pause(LONGEST_ROUND_MS, null, { ref: false }).then(() => {
    throw new Error(`the round did not end within ${LONGEST_ROUND_MS / 1_000} s`);
  });
  return Promise.race([round, late]);
};
