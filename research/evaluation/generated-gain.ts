import { openTrialSpace, ranksIn, type Run } from "../../src/features/evaluation/index.ts";
import type { AnchorId } from "../../src/types.ts";
import { makeData, TEXT_DIMENSION } from "../bench/paired-data.ts";
import { GAINS, gainLine, type GainLine, type GainName } from "./auto-gain.ts";

const IMAGE_DIMENSION = 768;
/** So much that a method tells some of the held-out pairs, and not all. */
const NOISE = 18;

/**
 * The same gain on made-up pairs that share few hidden causes: pairs that are held out are asked about, each image for its
 * own text.
 *
 * @param counts numbers of anchors
 * @throws the signal's reason where it aborts
 */
export const measureGeneratedGain = async ({
  gain,
  seeds,
  classes,
  counts,
  signal,
}: {
  readonly gain: GainName;
  readonly seeds: number;
  readonly classes: number;
  readonly counts: readonly number[];
  readonly signal: AbortSignal;
}): Promise<GainLine[]> => {
  const lines: GainLine[] = [];
  for (const count of counts) {
    const runs: [Run[], Run[]] = [[], []];
    for (let seed = 0; seed < seeds; seed++) {
      const pairs = pairsOf(count + classes, seed);
      const [anchors, asked] = [pairs.slice(0, count), pairs.slice(count)];
      const questions = {
        images: asked.map(({ imageVector }) => imageVector),
        truths: asked.map((_, i) => i),
        classes: asked.map(({ textVector }) => ({ prompts: [textVector] })),
      };
      for (const [i, way] of GAINS[gain].entries()) {
        signal.throwIfAborted();
        const space = await openTrialSpace(anchors, way.transform);
        try {
          const ranks = await ranksIn(space, questions, way);
          runs[i === 0 ? 0 : 1].push({
            anchors: count,
            results: ranks.map((rank, place) => ({ rank, subject: `${seed} ${place}` })),
          });
        } finally {
          space.close();
        }
      }
    }
    lines.push(gainLine("generated", count, { from: runs[0], to: runs[1] }));
  }
  return lines;
};

const pairsOf = (count: number, seed: number) => {
  const { images, texts } = makeData(count, 0, 0, IMAGE_DIMENSION, { seed: seed + 1, noise: NOISE });
  return Array.from({ length: count }, (_, i) => ({
    id: String(i).padStart(6, "0") as AnchorId,
    imageVector: images.subarray(i * IMAGE_DIMENSION, (i + 1) * IMAGE_DIMENSION),
    textVector: texts.subarray(i * TEXT_DIMENSION, (i + 1) * TEXT_DIMENSION),
  }));
};
