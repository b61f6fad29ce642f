import { lineLog } from "../../src/log.ts";
import type { Log } from "../../src/types.ts";

export { silentLog } from "../../src/log.ts";

/** A log that adds each message to `lines` as text. */
export const collectingLog = (lines: string[]): Log => lineLog((line) => void lines.push(line));
