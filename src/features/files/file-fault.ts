import { AnchorageError } from "../../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "may not be read",
  EPERM: "may not be read",
  EISDIR: "is a folder",
  ELOOP: "is a link that leads back to itself",
};

/** The domain's error for what the file system said about `path`; anything else as it is. */
export const fileFault = (error: unknown, path: string): unknown => {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new AnchorageError("invalid-input", `${path} ${REASONS[code] ?? `cannot be read (${code})`}`, {
    cause: error,
  });
};

/** From `place` on (a file, a line of it) nothing more can be read. The one fault of the error has both apart. */
export const corruptFile = (place: string, reason: string, cause?: unknown): AnchorageError =>
  new AnchorageError("corrupt-file", `${place}: ${reason}`, {
    faults: [{ path: [place], message: reason }],
    ...(cause === undefined ? {} : { cause }),
  });
