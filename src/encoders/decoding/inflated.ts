import { gunzipSync } from "node:zlib";
import { unreadable } from "./image-fault.ts";

/** Of a compressed drawing when it is inflated. */
const MAX_INFLATED_BYTES = 16 * 1024 * 1024;

/**
 * Inflates a compressed drawing (SVGZ); other files are returned as they are.
 *
 * @throws AnchorageError `invalid-input` if it inflates to more than 16 MiB or is damaged
 */
export const inflated = (file: Uint8Array): Uint8Array => {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file;
  try {
    return gunzipSync(file, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw unreadable(
      isTooLarge
        ? `is compressed and inflates to more than ${MAX_INFLATED_BYTES / 1024 / 1024} MiB`
        : "cannot be decoded; it is truncated or damaged",
    );
  }
};
