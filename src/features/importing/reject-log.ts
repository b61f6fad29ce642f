import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  realpathSync,
  writeSync,
} from "node:fs";
import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import type { Log } from "../../types.ts";
import { fileFault, type Reject } from "../files/index.ts";

/** Number of rejects that are reported one by one. */
const TOLD = 10;
/** How much of a file is read to see what it holds, in bytes. */
const LONGEST_LINE = 65_536;

const rejectLine = z.strictObject({ source: z.string(), id: z.string().optional(), reason: z.string() });

/** Tells of rejects: the first ten one by one, the others by their number, and all of them to a file where one is named. */
export interface RejectLog {
  readonly add: (reject: Reject) => void;
  readonly close: () => void;
}

/**
 * @param file gets one JSON object a line: `source`, `id` where it is known, and `reason`; what an earlier import wrote
 * there is replaced
 * @param sources what is being read, which `file` must be none of
 * @throws AnchorageError `invalid-input` where the file cannot be written, is a source, or holds something else than
 * rejects
 */
export const openRejectLog = (file: string | undefined, sources: readonly string[], log: Log): RejectLog => {
  const descriptor = file === undefined ? null : openForWriting(file, sources);
  let count = 0;
  return {
    add: ({ source, id, reason }) => {
      count++;
      // Written at once, so that whatever ends the process, the file holds what was rejected until then.
      if (descriptor !== null) writeSync(descriptor, `${JSON.stringify({ source, id, reason })}\n`);
      if (count <= TOLD) log.info(`rejected ${source}: ${reason}`);
    },
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
      const more = count - TOLD;
      if (more <= 0) return;
      log.info(
        `and ${more} more${file === undefined ? "; --rejects FILE.jsonl gets all of them" : `: see ${file}`}`,
      );
    },
  };
};

const openForWriting = (file: string, sources: readonly string[]): number => {
  try {
    const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT);
    try {
      refuseToReplace(file, descriptor, sources);
      // What is no plain file, such as /dev/stderr, has no length.
      if (fstatSync(descriptor).size > 0) ftruncateSync(descriptor);
      return descriptor;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  } catch (error) {
    throw fileFault(error, file);
  }
};

const refuseToReplace = (file: string, descriptor: number, sources: readonly string[]): void => {
  const real = realpathSync(file);
  if (sources.some((source) => realpathSync(source) === real)) {
    throw new AnchorageError("invalid-input", `${file} is a source; rejects need a file of their own`);
  }
  if (fstatSync(descriptor).size === 0) return;
  const start = Buffer.alloc(LONGEST_LINE);
  const length = readSync(descriptor, start, 0, start.length, 0);
  const [line = ""] = start.toString("utf8", 0, length).split("\n", 1);
  if (isRejectLine(line)) return;
  throw new AnchorageError(
    "invalid-input",
    `${file} holds something else than rejects, and is left as it is; name another file by --rejects`,
  );
};

const isRejectLine = (line: string): boolean => {
  try {
    return rejectLine.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
};
