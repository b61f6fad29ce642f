import { climb } from "./climb.ts";
import { confidenceOf, fuseScores } from "./fuse.ts";

/** An encoder with a memory of its own, and when its answer is enough. */
export interface LadderRung<Image> {
  /** Scores of at least two classes for each image, in order. */
  readonly score: (images: readonly Image[]) => Promise<readonly Float64Array[]>;
  readonly temperature: number;
  /** Confidence from which on an image stops here; the last rung stops all. */
  readonly threshold: number;
  /** Multiply-adds an image of all networks that have run when it stops here. */
  readonly macs: number;
}

/** The answer of a ladder for one image. */
export interface LadderAnswer {
  /** Index of the rung that it stopped at. */
  readonly rung: number;
  /** Fused scores of the classes. */
  readonly scores: Float64Array;
  readonly confidence: number;
  readonly macs: number;
}

/**
 * Scores images by the cheapest rung, and by the next ones where it is not sure. Rungs add up: an image's scores are the
 * sum of the standardized scores of every rung that it went through. The answers do not depend on the other images.
 *
 * @param rungs at least one, in order of cost
 */
export const answerByLadder = async <Image>(
  rungs: readonly LadderRung<Image>[],
  images: readonly Image[],
): Promise<LadderAnswer[]> =>
  climb<{ readonly image: Image; readonly earlier: Float64Array | null }, LadderAnswer>(
    images.map((image) => ({ image, earlier: null })),
    rungs.length,
    async (depth, states) => {
      const rung = rungs[depth];
      if (rung === undefined) throw new RangeError(`there is no rung ${depth}`);
      const scored = await rung.score(states.map(({ image }) => image));
      return states.map(({ image, earlier }, i) => {
        const scores = fuseScores(earlier, scored[i] ?? new Float64Array());
        const confidence = confidenceOf(scores, rung.temperature);
        if (depth < rungs.length - 1 && confidence < rung.threshold)
          return { stop: false, state: { image, earlier: scores } };
        return { stop: true, answer: { rung: depth, scores, confidence, macs: rung.macs } };
      });
    },
  );
