import { isAnchorageError, messageOf } from "../../errors.ts";
import type { Pair } from "./types.ts";

/** The bytes of a pair's image, or why there are none. */
export const loadImage = async (pair: Pair): Promise<Uint8Array | string> => {
  try {
    return await pair.image();
  } catch (error) {
    if (!isAnchorageError(error)) throw error;
    return messageOf(error);
  }
};
