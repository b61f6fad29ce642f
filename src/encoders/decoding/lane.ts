import { AnchorageError } from "../../errors.ts";
import { startDecoder, type DecoderProcess, type DecodeOutcome } from "./decoder.ts";
import type { DecodeJob, LaneLimits } from "./types.ts";

/** The bounds of what waits in a lane. */
export interface LaneSize {
  readonly processes: number;
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly waitMs: number;
  /** After this time without a job a process ends. */
  readonly idleMs: number;
}

interface Waiting {
  readonly job: DecodeJob;
  readonly bytes: Uint8Array;
  readonly resolve: (outcome: DecodeOutcome) => void;
  readonly reject: (error: AnchorageError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Processes with equal limits, and the images that wait for one of them. */
export interface Lane {
  /** @throws AnchorageError `unavailable` if too many images wait, or if this one has waited for too long */
  readonly run: (job: DecodeJob, bytes: Uint8Array) => Promise<DecodeOutcome>;
}

/** Creates a lane. A process is started only when an image waits and no process is free. */
export const createLane = (limits: LaneLimits, size: LaneSize): Lane => {
  const idle: { readonly decoder: DecoderProcess; readonly timer: NodeJS.Timeout }[] = [];
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let busy = 0;

  const take = (): DecoderProcess => {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      clearTimeout(found.timer);
      if (found.decoder.isAlive()) return found.decoder;
    }
    return startDecoder(limits);
  };

  const giveBack = (decoder: DecoderProcess): void => {
    if (!decoder.isAlive()) return;
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((one) => one.decoder === decoder),
        1,
      );
      decoder.end();
    }, size.idleMs).unref();
    idle.push({ decoder, timer });
  };

  const remove = (next: Waiting): void => {
    waiting.splice(waiting.indexOf(next), 1);
    waitingBytes -= next.bytes.length;
    clearTimeout(next.timer);
  };

  const advance = (): void => {
    const [next] = waiting;
    if (next === undefined || busy >= size.processes) return;
    remove(next);
    busy += 1;
    const decoder = take();
    void decoder.run(next.job, next.bytes).then((outcome) => {
      busy -= 1;
      giveBack(decoder);
      next.resolve(outcome);
      advance();
    });
  };

  return {
    run: (job, bytes) =>
      new Promise((resolve, reject) => {
        const isFull = waiting.length >= size.waiting || waitingBytes + bytes.length > size.waitingBytes;
        if (waiting.length > 0 && isFull) {
          reject(tooBusy());
          return;
        }
        const timer = setTimeout(() => {
          remove(next);
          reject(tooBusy());
        }, size.waitMs);
        const next: Waiting = { job, bytes, resolve, reject, timer };
        waiting.push(next);
        waitingBytes += bytes.length;
        advance();
      }),
  };
};

const tooBusy = (): AnchorageError =>
  new AnchorageError("unavailable", "Too many images are being decoded; try again in a moment.");
