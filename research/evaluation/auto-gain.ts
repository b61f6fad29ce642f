import { join } from "node:path";
import type { EncoderRegistry } from "../../src/encoders/index.ts";
import type { Log } from "../../src/types.ts";
import type { Progress } from "../../src/progress.ts";
import { readPairs, SAMPLE_VENDORS } from "../../src/features/sample/index.ts";
import { compareRuns, embedTexts, type Comparison, type Run } from "../../src/features/evaluation/index.ts";
import { eligibleClasses, splitClasses } from "./emoji-protocol.ts";
import { runConfigurations, wordsOf, type Configuration } from "./emoji-runs.ts";
import { embedDrawings } from "./emoji-vectors.ts";
import { LAYERED_ENCODER, LAYERS } from "./layers.ts";

const SHARED = { style: "unseen", captions: "tags", prompts: "tags", layers: LAYERS } as const;
/** What a collection was answered by before `auto`, nothing set. */
const BEFORE = { name: "before", transform: "whiten", k: 800, p: 8, negatives: "keep" } as const;
const AUTO = { name: "auto", transform: "auto", k: "auto", p: "auto", negatives: "cut" } as const;
const AUTO_LOCAL = { ...AUTO, name: "asif+local", method: "asif+local" } as const;

/** What can be compared: settings, and those that they are compared with. */
export const GAINS = {
  /** `asif` through `auto`, against what collections had before it. */
  auto: [BEFORE, AUTO],
  /** The default method against `asif`, both through `auto`. */
  "asif+local": [AUTO, AUTO_LOCAL],
  /** What new collections have, against what they had. */
  default: [BEFORE, AUTO_LOCAL],
} as const;

export type GainName = keyof typeof GAINS;

/** One vendor, or all of them together, with so many anchors of the others. */
export interface GainLine {
  readonly vendor: string;
  /** Drawn; null: all that there are. */
  readonly count: number | null;
  readonly anchors: number;
  /** Top-1, 5 and 10 in percent. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** In points, paired by question. */
  readonly differences: Comparison["differences"];
}

/**
 * How much some settings gain on others: each vendor of the sample in turn is asked about,
 * and the anchors are the other vendors' drawings of other emoji. Classes are of the half that is reported.
 *
 * @param counts numbers of anchors; null: all
 * @throws the signal's reason where it aborts; image vectors that were made are kept under `directory`.
 */
export const measureAutoGain = async (options: {
  readonly registry: EncoderRegistry;
  readonly directory: string;
  readonly gain: GainName;
  readonly seeds: number;
  readonly classes: number;
  readonly counts: readonly (number | null)[];
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<GainLine[]> => {
  const { registry, directory, gain, seeds, classes, counts, signal, progress } = options;
  const bar = progress("drawings", "images");
  const encoder = registry.get(LAYERED_ENCODER, "image");
  const pairs = await embedDrawings(await readPairs(SAMPLE_VENDORS), {
    ...options,
    encoder,
    directory: join(directory, "vectors"),
    progress: bar,
  }).finally(() => bar.stop());
  const words = pairs.map(({ emoji }) => wordsOf(emoji, SHARED.captions));
  const texts = await embedTexts(words, { ...options, encoder: registry.defaultOf("text") });
  const lines: GainLine[] = [];
  for (const count of counts) {
    const all: Pair = { from: [], to: [] };
    for (const vendor of SAMPLE_VENDORS) {
      const half = splitClasses(eligibleClasses(pairs, vendor)).reporting;
      const vendors = SAMPLE_VENDORS.filter((other) => other !== vendor);
      const drawn = count === null ? {} : { count };
      const configurations = GAINS[gain].map((way): Configuration => ({
        ...SHARED,
        ...way,
        ...drawn,
        vendors,
      }));
      const asking = { classes: Math.min(classes, half.length), seeds, signal, onProgress: () => undefined };
      const [from = [], to = []] = await runConfigurations(
        { pairs, queryVendor: vendor, texts, half },
        configurations,
        asking,
      );
      lines.push(gainLine(vendor, count, { from, to }));
      // An emoji of one vendor is another subject than that of another one.
      all.from.push(...from.map((run) => named(run, vendor)));
      all.to.push(...to.map((run) => named(run, vendor)));
    }
    lines.push(gainLine("all", count, all));
  }
  return lines;
};

interface Pair {
  readonly from: Run[];
  readonly to: Run[];
}

const named = ({ anchors, results }: Run, vendor: string): Run => ({
  anchors,
  results: results.map(({ rank, subject }) => ({ rank, subject: `${vendor} ${subject}` })),
});

export const gainLine = (
  vendor: string,
  count: number | null,
  { from, to }: Readonly<Record<"from" | "to", readonly Run[]>>,
): GainLine => ({
  vendor,
  count,
  anchors: Math.round(to.reduce((sum, { anchors }) => sum + anchors, 0) / Math.max(1, to.length)),
  from: accuracyOf(from),
  to: accuracyOf(to),
  differences: compareRuns(to, from),
});

const accuracyOf = (runs: readonly Run[]): number[] => {
  const ranks = runs.flatMap(({ results }) => results.map(({ rank }) => rank));
  return [1, 5, 10].map((top) => (100 * ranks.filter((rank) => rank <= top).length) / ranks.length);
};
