import { AnchorageError } from "../../../errors.ts";

export const noCheckpoint = (why: string): AnchorageError =>
  new AnchorageError("corrupt-file", `This is no PyTorch checkpoint that is read here: ${why}.`);
