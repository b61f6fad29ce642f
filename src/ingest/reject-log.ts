import { closeSync, openSync, writeSync } from "node:fs";
import type { Log } from "../types.ts";
import { fileFault } from "./file-fault.ts";
import type { Reject } from "./types.ts";

/** How many rejects are told one by one. */
const TOLD = 10;

/** Tells of rejects: the first ten one by one, the others by their number, and all of them to a file where one is named. */
export interface RejectLog {
  readonly add: (reject: Reject) => void;
  readonly close: () => void;
}

/**
 * @param file gets one JSON object a line: `source`, `id` where it is known, and `reason`
 * @throws AnchorageError `invalid-input` where the file cannot be written
 */
export const openRejectLog = (file: string | undefined, log: Log): RejectLog => {
  const descriptor = file === undefined ? null : openForWriting(file);
  let count = 0;
  return {
    add: ({ source, id, reason }) => {
      count++;
      // Written at once, so that whatever ends the process, the file holds what was rejected until then.
      if (descriptor !== null) writeSync(descriptor, `${JSON.stringify({ source, id, reason })}\n`);
      if (count <= TOLD) log(`rejected ${source}: ${reason}`);
    },
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
      const more = count - TOLD;
      if (more <= 0) return;
      log(
        `and ${more} more${file === undefined ? "; --rejects FILE.jsonl gets all of them" : `: see ${file}`}`,
      );
    },
  };
};

const openForWriting = (file: string): number => {
  try {
    return openSync(file, "w");
  } catch (error) {
    throw fileFault(error, file);
  }
};
