import { reject, type Reject } from "../../files/index.ts";
import { refusedBefore } from "./check.ts";
import { loadImage } from "./load-image.ts";
import { createNumbering } from "./number-captions.ts";
import type { Pair, PairSource } from "./types.ts";

/** What an import would do, as far as can be told without decoding images or asking the collection. */
export interface Preview {
  readonly pairs: number;
  readonly rejected: number;
  /** The first of the pairs. */
  readonly examples: readonly Pair[];
}

/** Reads every entry of `source` and its image's bytes, and stores nothing. */
export const previewPairs = async (
  source: PairSource,
  options: {
    readonly examples: number;
    readonly signal: AbortSignal;
    readonly onReject: (reject: Reject) => void;
    /** @param fraction which part of the source has been read, 0 to 1 */
    readonly onProgress: (read: number, fraction: number) => void;
  },
): Promise<Preview> => {
  const examples: Pair[] = [];
  const taken = new Map<string, string>();
  const numbered = createNumbering();
  let pairs = 0;
  let rejected = 0;
  for await (const entry of source.entries()) {
    if (options.signal.aborted) break;
    if (entry.kind === "ignored") continue;
    const pair = entry.kind === "pair" ? numbered(entry) : entry;
    const refused = pair.kind === "reject" ? pair : await refusalOf(pair, taken);
    if (refused !== null) {
      rejected++;
      options.onReject(refused);
    } else if (pair.kind === "pair") {
      pairs++;
      if (examples.length < options.examples) examples.push(pair);
    }
    options.onProgress(pairs + rejected, source.fraction());
  }
  return { pairs, rejected, examples };
};

const refusalOf = async (pair: Pair, taken: Map<string, string>): Promise<Reject | null> => {
  const fault = refusedBefore(pair, taken);
  if (fault !== null) return fault;
  const image = await loadImage(pair);
  return typeof image === "string" ? reject(pair.source, image, pair.id) : null;
};
