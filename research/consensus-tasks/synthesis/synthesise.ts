import { createRandom } from "../../../src/math/random.ts";
import { createCrossEntropyGenerator } from "../cross-entropy.ts";
import { createVectorStepGenerator } from "../vector-step.ts";
import { runConsensus, type ConsensusRun } from "../../../src/features/consensus/index.ts";
import type { Panel } from "../types.ts";
import { wholeRun } from "../whole-run.ts";
import type { Gallery } from "./gallery.ts";
import { fitProbe } from "./probe.ts";
import { asifScorer, densityScorer, probeScorer, type VectorScorer } from "./scorers.ts";
import { populationDeviation } from "../../../src/math/statistics.ts";

/** Something to show, and where to start from. */
export interface Target {
  readonly tag: string;
  readonly text: Float32Array;
  readonly seed: number;
}

const STARTS = 6;
const STEPS = 4;
const RATE = 0.05;
const BEAM = 4;
const DRAWN = 12;
/** Of a component of a vector of length 1 and 256 components. */
const LEAST_DEVIATION = 0.02;
const ASIF = { k: 800, p: 4 };

/** What judges of a target, in the order of their names. */
export const scorersFor = ({ substrate, tags }: Gallery, { tag, text }: Target): VectorScorer[] => [
  asifScorer(substrate, text, ASIF),
  probeScorer(
    substrate,
    fitProbe(
      substrate.images,
      tags.map((all) => all.has(tag)),
    ),
  ),
  densityScorer(substrate),
];

/** Moves and draws image vectors until the panel likes them. The run's winner is the prototype. */
export const synthesise = async (
  { substrate }: Gallery,
  { seed }: Target,
  scorers: readonly VectorScorer[],
  { members, weights, rounds }: Panel,
  signal: AbortSignal,
): Promise<ConsensusRun> => {
  const random = createRandom(seed);
  const { images, imageDimension: d, count } = substrate;
  const starts = Array.from({ length: STARTS }, () => {
    const from = random.integer(count) * d;
    return Array.from(images.subarray(from, from + d));
  });
  const chosen = members.flatMap((n) => scorers[n] ?? []);
  const guides = await Promise.all(
    chosen.map(async (scorer, i) => ({
      scorer,
      weight: (weights[i] ?? 0) / (populationDeviation((await scorer.background?.(signal)) ?? []) || 1),
    })),
  );
  return runConsensus(
    {
      generators: [
        createVectorStepGenerator({ modality: "image", starts, guides, steps: STEPS, rate: RATE }),
        createCrossEntropyGenerator({ modality: "image", starts, least: LEAST_DEVIATION }),
      ],
      scorers: chosen,
      weights,
      ...wholeRun(rounds),
      proposals: DRAWN,
      beam: BEAM,
      seed: random.integer(2 ** 31),
    },
    { signal },
  );
};
