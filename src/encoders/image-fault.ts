import { AnchorageError } from "../errors.ts";

/** An image that cannot be used. The path is empty because only the caller knows the image's index. */
export const unreadable = (message: string): AnchorageError =>
  new AnchorageError("invalid-input", `The image ${message}.`, { faults: [{ path: [], message }] });
