import { AnchorageError } from "../../errors.ts";
import type { NamedSource } from "./open.ts";

/**
 * The same source, its first entry read, so that what keeps it from being read is known before anything is written.
 *
 * @throws AnchorageError what the source throws, and `invalid-input` where it holds nothing
 */
export const beginReading = async (source: NamedSource): Promise<NamedSource> => {
  const entries = source.entries();
  const first = await entries.next();
  if (first.done === true) {
    throw new AnchorageError(
      "invalid-input",
      `nothing was read: there is no image and no row in ${source.paths.join(", ")}`,
    );
  }
  return {
    ...source,
    entries: async function* () {
      try {
        yield first.value;
        yield* entries;
      } finally {
        await entries.return();
      }
    },
  };
};
