import { NotFoundError } from "../../../src/client/index.ts";

/** An answer, or null where there is none yet. */
export const orNull = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
};
