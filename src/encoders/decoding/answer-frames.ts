import sharp from "sharp";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { decode, TooHeavy } from "./decode.ts";
import { createFrameReader, encodeFrame, type DecodeFrame } from "./frames.ts";
import type { DecodeJob, DecodeReply, LaneLimits } from "./types.ts";

const NONE = new Uint8Array(0);

/** Tells the watch of the process when a job begins and ends. */
interface Watch {
  readonly begin: () => void;
  readonly end: () => void;
}

/** Answers the frames of this process's standard input on its standard output, until the input ends. */
export const answerFrames = (limits: LaneLimits, watch: Watch): void => {
  sharp.cache(false);
  sharp.concurrency(1);
  const read = createFrameReader((frame) => void answer(frame));
  const answer = async ({ header, payload }: DecodeFrame): Promise<void> => {
    watch.begin();
    const { reply, result } = await replyTo(header as DecodeJob, payload, limits);
    watch.end();
    for (const chunk of encodeFrame({ header: reply, payload: result })) process.stdout.write(chunk);
  };
  process.stdin.on("data", read);
  process.stdin.on("end", () => process.exit(0));
};

const replyTo = async (
  job: DecodeJob,
  bytes: Uint8Array,
  limits: LaneLimits,
): Promise<{ readonly reply: DecodeReply; readonly result: Uint8Array }> => {
  try {
    return { reply: { done: true }, result: await decode(job, bytes, limits) };
  } catch (error) {
    if (error instanceof TooHeavy) return { reply: { heavy: true }, result: NONE };
    const faults = isAnchorageError(error) ? { faults: error.faults } : {};
    return { reply: { failed: { message: messageOf(error), ...faults } }, result: NONE };
  }
};
