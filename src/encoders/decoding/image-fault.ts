import { AnchorageError } from "../../errors.ts";

/** An image that cannot be used. The path is empty because only the caller knows the image's index. */
export const unreadable = (message: string): AnchorageError =>
  new AnchorageError("invalid-input", `The image ${message}.`, { faults: [{ path: [], message }] });

/** @param memory the bound of a decoder process, in bytes */
export const tooMuchMemory = (memory: number): AnchorageError =>
  unreadable(`takes more than ${Math.round(memory / 1e6)} MB of memory to decode, which is the bound here`);
